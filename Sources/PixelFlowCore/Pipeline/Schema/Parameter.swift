import WireFormats

/// A parameter of `Root`. This declaration is the basis for reading, writing and describing it.
package struct Parameter<Root: Sendable>: Sendable {
    package let key: String
    let isRequired: Bool
    /// Type and bounds, texts for people, and hints for an editor.
    let description: [String: JSONValue]
    /// Sets the value if the field is present.
    let read: @Sendable (inout FieldReader, inout Root) throws -> Void
    /// Nil for an optional parameter without a value.
    let value: @Sendable (Root) -> (any Sendable)?
    let json: @Sendable (Root) -> JSONValue?

    /// A parameter that is required, or whose default is in `ParameterSet.defaults`.
    init<Value>(
        _ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ type: ParameterType<Value>, isRequired: Bool = false,
        label: String, _ summary: String, hints: ParameterHints = ParameterHints()
    ) {
        self.key = key
        self.isRequired = isRequired
        description = type.schema.merging(hints.members(label: label, summary)) { $1 }
        read = { fields, root in
            guard let value = try type.read(&fields, key) else {
                if isRequired { throw fields.missing(key) }
                return
            }
            root[keyPath: path] = value
        }
        value = { $0[keyPath: path] }
        json = { type.json($0[keyPath: path]) }
    }

    /// An optional parameter, which has no value if it is omitted.
    init<Value>(
        _ key: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ type: ParameterType<Value>,
        label: String, _ summary: String, hints: ParameterHints = ParameterHints()
    ) {
        self.key = key
        isRequired = false
        description = type.schema.merging(hints.members(label: label, summary)) { $1 }
        read = { fields, root in
            if let value = try type.read(&fields, key) { root[keyPath: path] = value }
        }
        value = { $0[keyPath: path] }
        json = { $0[keyPath: path].map(type.json) }
    }
}

/// Hints for the controls of an editor. They do not affect validation.
package struct ParameterHints: Sendable {
    var unit: String?
    /// The range and step of a slider.
    var slider: (range: ClosedRange<Double>, step: Double)?
    /// Rarely needed, so shown on request.
    var isRare = false
    /// The parameter has an effect only under this condition.
    var condition: ParameterCondition?

    init(
        unit: String? = nil, slider: ClosedRange<Double>? = nil, step: Double = 1, isRare: Bool = false,
        when condition: ParameterCondition? = nil
    ) {
        self.unit = unit
        self.slider = slider.map { ($0, step) }
        self.isRare = isRare
        self.condition = condition
    }

    fileprivate func members(label: String, _ summary: String) -> [String: JSONValue] {
        var members: [String: JSONValue] = ["label": .string(label), "summary": .string(summary)]
        if let unit { members["unit"] = .string(unit) }
        if let slider {
            let (range, step) = slider
            members["slider"] = [
                "minimum": JSONValue(range.lowerBound), "maximum": JSONValue(range.upperBound), "step": JSONValue(step),
            ]
        }
        if isRare { members["rare"] = .bool(true) }
        if let condition { members["when"] = condition.json }
        return members
    }
}

/// A condition on another parameter, under which a parameter has an effect.
package enum ParameterCondition: Sendable {
    case isOneOf(String, [String])
    case isNoMultiple(String, of: Int)

    var json: JSONValue {
        switch self {
        case .isOneOf(let key, let values): ["parameter": .string(key), "one_of": .array(values.map(JSONValue.string))]
        case .isNoMultiple(let key, let divisor): ["parameter": .string(key), "no_multiple_of": .integer(divisor)]
        }
    }
}
