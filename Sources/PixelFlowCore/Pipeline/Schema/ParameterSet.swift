import WireFormats

/// The parameters of `Root`, in the order of reading, documentation and display.
package struct ParameterSet<Root: Sendable>: Sendable {
    /// The values of omitted parameters. Those of required parameters are placeholders.
    let defaults: Root
    let parameters: [Parameter<Root>]
    let rules: [ParameterRule]

    init(defaults: Root, _ parameters: [Parameter<Root>] = [], rules: [ParameterRule] = []) {
        self.defaults = defaults
        self.parameters = parameters
        self.rules = rules
    }

    /// - Throws: `PixelFlowError` `.invalid` with the path of the first invalid field.
    func read(_ fields: inout FieldReader, into root: inout Root) throws {
        for parameter in parameters { try parameter.read(&fields, &root) }
        for rule in rules { try rule.check(fields) }
    }

    func read(_ fields: inout FieldReader) throws -> Root {
        var root = defaults
        try read(&fields, into: &root)
        return root
    }

    /// The members of the JSON object, without default values, so that equal values have equal JSON.
    func members(of root: Root) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for parameter in parameters {
            guard let value = parameter.json(root), parameter.isRequired || value != parameter.json(defaults) else { continue }
            members[parameter.key] = value
        }
        return members
    }

    /// The parameters as data for editors, documentation and clients.
    var schema: JSONValue {
        .array(
            parameters.map { parameter in
                var members = parameter.description
                members["name"] = .string(parameter.key)
                if parameter.isRequired {
                    members["required"] = .bool(true)
                } else if let value = parameter.json(defaults) {
                    members["default"] = value
                }
                return .object(members)
            })
    }
}

/// A constraint between parameters.
package enum ParameterRule: Sendable {
    /// At least one of the two is required.
    case requiresOneOf(String, String)
    /// The first must be omitted if one of the others is given.
    case excludes(String, by: [String])

    func check(_ fields: FieldReader) throws {
        switch self {
        case .requiresOneOf(let first, let second):
            if !fields.has(first) && !fields.has(second) { throw fields.missing(first, or: second) }
        case .excludes(let key, let others):
            if fields.has(key), others.contains(where: fields.has) {
                throw fields.wrong(key, "omitted if \(others.joined(separator: " or ")) is given")
            }
        }
    }

    var json: JSONValue {
        switch self {
        case .requiresOneOf(let first, let second): ["requires_one_of": .array([.string(first), .string(second)])]
        case .excludes(let key, let others): ["excludes": .string(key), "by": .array(others.map(JSONValue.string))]
        }
    }
}
