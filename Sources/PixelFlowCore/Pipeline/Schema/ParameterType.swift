package import WireFormats

/// How the value of a parameter is read, written and described.
package struct ParameterType<Value: Sendable & Hashable>: Sendable {
    /// The schema members of the type: `type` and the bounds of the value.
    let schema: [String: JSONValue]
    /// Nil if the field is absent; throws an error with its path.
    let read: @Sendable (inout FieldReader, String) throws -> Value?
    let json: @Sendable (Value) -> JSONValue
}

/// An enumeration of words, each with a menu label.
package protocol ParameterChoice: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    var label: String { get }
}

extension ParameterType where Value == Int {
    /// An integer.
    static func integer(_ range: ClosedRange<Int>) -> Self {
        Self(
            schema: ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
            read: { try $0.integer($1, in: range) }, json: JSONValue.integer)
    }
}

extension ParameterType where Value == Double {
    static func number(_ range: ClosedRange<Double>) -> Self {
        Self(
            schema: ["type": "number", "minimum": JSONValue(range.lowerBound), "maximum": JSONValue(range.upperBound)],
            read: { try $0.number($1, in: range) }, json: { JSONValue($0) })
    }
}

extension ParameterType where Value == Bool {
    static var flag: Self { Self(schema: ["type": "flag"], read: { try $0.flag($1) }, json: JSONValue.bool) }
}

extension ParameterType where Value: ParameterChoice {
    static var choice: Self {
        let choices = Value.allCases.map { JSONValue.choice($0.rawValue, label: $0.label) }
        return Self(
            schema: ["type": "choice", "choices": .array(choices)], read: { try $0.choice($1) }, json: { .string($0.rawValue) })
    }
}

extension ParameterType where Value == Color {
    static var color: Self {
        Self(schema: ["type": "color"], read: { try $0.color($1) }, json: { .string($0.description) })
    }
}

extension ParameterType where Value == TaskID {
    /// An earlier task of the same tenant, whose source the operation needs.
    static var task: Self {
        Self(
            schema: ["type": "task"],
            read: { fields, key in
                guard let text = try fields.text(key) else { return nil }
                guard let task = TaskID(parsing: text) else { throw fields.wrong(key, "the id of a task") }
                return task
            }, json: { .string($0.rawValue) })
    }
}

extension JSONValue {
    /// Writes integers without a fraction: 2 and 2.0 are equal and have the same form.
    init(_ number: Double) { self = Int(exactly: number).map(JSONValue.integer) ?? .number(number) }

    static func choice(_ value: String, label: String) -> JSONValue { ["value": .string(value), "label": .string(label)] }
}
