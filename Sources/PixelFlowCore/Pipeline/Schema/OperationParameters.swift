import WireFormats

/// The parameters of one operation. Its declaration contains everything for reading, writing, documentation and the editor.
package protocol OperationParameters: Sendable, Hashable {
    static var declaration: OperationDeclaration<Self> { get }
}

package struct OperationDeclaration<Root: Sendable>: Sendable {
    /// The value of `op`.
    let name: String
    /// The label in menus.
    let label: String
    /// A summary for documentation.
    let summary: String
    let parameters: ParameterSet<Root>
    /// The initial values in an editor, with a visible effect.
    package let example: Root

    init(
        _ name: String, label: String, _ summary: String, defaults: Root, example: Root? = nil, _ parameters: [Parameter<Root>] = [],
        rules: [ParameterRule] = []
    ) {
        self.name = name
        self.label = label
        self.summary = summary
        self.parameters = ParameterSet(defaults: defaults, parameters, rules: rules)
        self.example = example ?? defaults
    }
}

extension OperationParameters {
    package static var name: String { declaration.name }

    static func operation(_ fields: inout FieldReader) throws -> ImageOperation {
        ImageOperation(try declaration.parameters.read(&fields))
    }

    static var schema: JSONValue {
        [
            "name": .string(declaration.name), "label": .string(declaration.label), "summary": .string(declaration.summary),
            "parameters": declaration.parameters.schema, "rules": .array(declaration.parameters.rules.map(\.json)),
            "example": .object(declaration.parameters.members(of: declaration.example)),
        ]
    }

    var members: [String: JSONValue] { Self.declaration.parameters.members(of: self) }

    /// The tasks whose sources the operation needs, with the names of the parameters that contain them.
    var tasks: [(parameter: String, id: TaskID)] {
        Self.declaration.parameters.parameters.compactMap { parameter in
            (parameter.value(self) as? TaskID).map { (parameter.key, $0) }
        }
    }
}
