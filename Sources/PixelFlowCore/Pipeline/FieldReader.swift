import WireFormats

/// Reads one JSON object field by field, reports errors with the path of the field, and rejects unknown fields.
/// A null field counts as absent.
struct FieldReader {
    /// The path of the object itself, such as `outputs[0].operations[1]`.
    let path: String
    private let members: [String: JSONValue]
    private var unread: Set<String>

    init(_ value: JSONValue, path: String) throws {
        guard case .object(let members) = value else {
            throw PixelFlowError.invalid(path, "\(path.isEmpty ? "The pipeline" : path) must be an object, not \(value.kind).")
        }
        self.path = path
        self.members = members
        unread = Set(members.keys)
    }

    /// The path of a field of this object.
    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Throws if the object has a field that has not been read.
    func finish() throws {
        guard let key = unread.min() else { return }
        throw PixelFlowError.invalid(path(of: key), "Unknown parameter \(path(of: key)).", code: "unknown_parameter")
    }

    func has(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

    mutating func value(_ key: String) -> JSONValue? {
        unread.remove(key)
        return members[key].flatMap { $0 == .null ? nil : $0 }
    }

    mutating func required(_ key: String) throws -> JSONValue {
        guard let value = value(key) else { throw missing(key) }
        return value
    }

    func missing(_ key: String) -> PixelFlowError {
        PixelFlowError.invalid(path(of: key), "\(path(of: key)) is missing.", code: "missing_parameter")
    }

    /// At least one of two fields is required. The error is that of the first one.
    func missing(_ first: String, or second: String) -> PixelFlowError {
        PixelFlowError.invalid(
            path(of: first), "\(path(of: first)) or \(path(of: second)) is needed; both are missing.", code: "missing_parameter")
    }

    func wrong(_ key: String, _ expectation: String) -> PixelFlowError {
        PixelFlowError.invalid(path(of: key), "\(path(of: key)) must be \(expectation).")
    }
}

extension FieldReader {
    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = value(key) else { return nil }
        guard let integer = value.intValue, range.contains(integer) else {
            throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.doubleValue, range.contains(number) else {
            throw wrong(key, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func requiredNumber(_ key: String, in range: ClosedRange<Double>) throws -> Double {
        guard let number = try number(key, in: range) else { throw missing(key) }
        return number
    }

    mutating func flag(_ key: String) throws -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .bool(let flag) = value else { throw wrong(key, "true or false") }
        return flag
    }

    mutating func text(_ key: String) throws -> String? {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value else { throw wrong(key, "a string") }
        return text
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws -> Choice? where Choice.RawValue == String {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value, let choice = Choice(rawValue: text) else {
            throw wrong(key, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    mutating func color(_ key: String) throws -> Color? {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value, let color = Color(text) else {
            throw wrong(key, "a colour such as #ff8800, #ff880080, white or transparent")
        }
        return color
    }

    mutating func array(_ key: String, count: ClosedRange<Int>) throws -> [JSONValue]? {
        guard let value = value(key) else { return nil }
        guard case .array(let elements) = value, count.contains(elements.count) else {
            throw wrong(key, "an array of \(count.lowerBound) to \(count.upperBound) elements")
        }
        return elements
    }
}
