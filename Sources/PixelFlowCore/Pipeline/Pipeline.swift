public import Foundation

/// What to make of one source: one or more named outputs, each with its steps and its encoding.
///
/// The JSON form is checked strictly: whatever is unknown, of the wrong type or out of range is
/// refused with the path of the field. Writing leaves defaults out and sorts the keys, so that
/// equal pipelines are equal text and `read(write(p)) == p`.
public struct Pipeline: Sendable, Hashable {
    public var outputs: [OutputSpec]

    public init(outputs: [OutputSpec]) { self.outputs = outputs }

    public static let maximumOutputs = 16

    /// What is done where neither a pipeline nor a preset is given: one output, fit inside 1600 pixels.
    public static let `default` = Pipeline(outputs: [
        OutputSpec(name: "image", operations: [.resize(.init(width: 1600, height: 1600, fit: .inside))])
    ])

    /// Reads a JSON document.
    ///
    /// - Throws: `PixelFlowError`: `.malformed` (`invalid_json`), or `.invalid` with the field's
    ///   path (`unknown_operation`, `unknown_parameter`, `invalid_value`, `missing_parameter`).
    public init(validating data: Data) throws {
        self = try Pipeline(validating: try JSONValue(parsing: data))
    }

    /// Reads a parsed JSON value. `path` is where it stands in a larger document, for the errors.
    public init(validating value: JSONValue, path: String = "") throws {
        var fields = try FieldReader(value, path: path)
        guard let list = try fields.array("outputs", count: 1...Pipeline.maximumOutputs) else { throw fields.missing("outputs") }
        let listPath = fields.path(of: "outputs")
        outputs = try list.enumerated().map { try OutputSpec($1, path: "\(listPath)[\($0)]") }
        try fields.finish()
        var names: Set<String> = []
        for (index, output) in outputs.enumerated() where !names.insert(output.name).inserted {
            throw PixelFlowError.invalid("\(listPath)[\(index)].name", "Two outputs are named \(output.name).")
        }
    }

    public var json: JSONValue { .object(["outputs": .array(outputs.map(\.json))]) }

    /// The canonical JSON text: keys sorted, defaults left out.
    public func canonicalJSON() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(json)
    }

    /// The tasks whose sources the `watermark` operations need, each once, in order of appearance.
    public var overlays: [TaskID] {
        var seen: Set<TaskID> = []
        return outputs.flatMap(\.operations).compactMap { operation in
            guard case .watermark(let mark) = operation, seen.insert(mark.image).inserted else { return nil }
            return mark.image
        }
    }
}

extension Pipeline: Codable {
    public init(from decoder: any Decoder) throws { self = try Pipeline(validating: try JSONValue(from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
