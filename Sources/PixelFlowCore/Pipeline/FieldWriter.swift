/// Builds one JSON object and leaves out what has its default value, so that equal things are written equally.
struct FieldWriter {
    private(set) var members: [String: JSONValue] = [:]

    var value: JSONValue { .object(members) }

    mutating func set(_ key: String, _ value: JSONValue) { members[key] = value }

    mutating func set(_ key: String, _ integer: Int?, unless standard: Int? = nil) {
        if let integer, integer != standard { members[key] = .integer(integer) }
    }

    /// Whole numbers are written as such: 2 and 2.0 are one value and have one form.
    mutating func set(_ key: String, _ number: Double?, unless standard: Double? = nil) {
        guard let number, number != standard else { return }
        members[key] = Int(exactly: number).map(JSONValue.integer) ?? .number(number)
    }

    mutating func set(_ key: String, _ flag: Bool, unless standard: Bool) {
        if flag != standard { members[key] = .bool(flag) }
    }

    mutating func set(_ key: String, _ text: String?, unless standard: String? = nil) {
        if let text, text != standard { members[key] = .string(text) }
    }

    mutating func set(_ key: String, _ color: Color, unless standard: Color? = nil) {
        if color != standard { members[key] = .string(color.description) }
    }
}
