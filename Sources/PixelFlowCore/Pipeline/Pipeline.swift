package import Foundation
package import WireFormats

/// The processing of one source: one or more named outputs, each with its operations and encoding.
///
/// JSON is validated strictly: anything unknown, of the wrong type or out of range is
/// rejected with the path of the field. Writing omits defaults and sorts keys, so that
/// equal pipelines have equal text and `read(write(p)) == p`.
package struct Pipeline: Sendable, Hashable {
    package var outputs: [OutputSpec]

    package init(outputs: [OutputSpec]) { self.outputs = outputs }

    package static let maximumOutputs = 16
    /// The maximum number of different watermark images: a worker holds all of them in memory while it renders.
    package static let maximumOverlays = 8
    /// The maximum size of the canonical JSON of a pipeline from a client. The pipeline is read and written with its task, so a large one
    /// slows down everyone who shares the database.
    package static let maximumBytes = 16 * 1024

    /// Used if neither a pipeline nor a preset is given: one output that fits into 1600 pixels.
    package static let `default` = Pipeline(outputs: [
        OutputSpec(name: "image", operations: [.resize(.init(width: 1600, height: 1600, fit: .inside))])
    ])

    /// Parses a JSON document from a client.
    ///
    /// - Throws: `PixelFlowError`: `.malformed` (`invalid_json`), or `.invalid` with the field's
    ///   path (`unknown_operation`, `unknown_parameter`, `invalid_value`, `missing_parameter`, `pipeline_too_large`).
    package init(validating data: Data) throws {
        self = try Pipeline(validating: try JSONValue(document: data))
    }

    /// Reads a parsed JSON value from a client. `path` is its position in a larger document, for errors.
    package init(validating value: JSONValue, path: String = "") throws {
        try self.init(reading: value, path: path)
        try requireBoundedSize(field: path.isEmpty ? nil : path)
        try requireFewOverlays { path.isEmpty ? $0 : "\(path).\($0)" }
    }

    /// Rejects stored pipelines that exceed limits introduced after they were saved.
    ///
    /// - Parameter field: what stands for the pipeline in a request.
    /// - Throws: `pipeline_too_large`; `invalid_value` for more than `maximumOverlays` images of watermarks.
    package func requireBounds(field: String) throws {
        try requireBoundedSize(field: field)
        try requireFewOverlays { _ in field }
    }

    /// - Parameter field: the name in the request for the path of a field of the pipeline.
    private func requireFewOverlays(field: (_ path: String) -> String) throws {
        let overlays = overlays
        guard overlays.count > Self.maximumOverlays, let path = path(ofOverlay: overlays[Self.maximumOverlays]) else { return }
        throw PixelFlowError.invalid(
            field(path),
            "The watermarks of the pipeline name \(overlays.count) different images; they may name at most \(Self.maximumOverlays).")
    }

    /// Rejects a pipeline whose canonical JSON is larger than `maximumBytes`.
    ///
    /// - Throws: `pipeline_too_large`.
    private func requireBoundedSize(field: String?) throws {
        let size = try PipelineText.encode(self).utf8.count
        guard size > Self.maximumBytes else { return }
        throw PixelFlowError(
            .invalid, code: "pipeline_too_large",
            "The pipeline is \(size) bytes of canonical JSON; it must be at most \(Self.maximumBytes).", field: field)
    }

    /// Also reads stored pipelines, of any size, because they were valid when they were accepted.
    private init(reading value: JSONValue, path: String) throws {
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

    package var json: JSONValue { .object(["outputs": .array(outputs.map(\.json))]) }

    /// The canonical JSON text: keys sorted, defaults omitted.
    package func canonicalJSON() throws -> Data { Data(try PipelineText.encode(self).utf8) }

    /// The tasks whose sources the operations need, such as `watermark`, without duplicates, in order of appearance.
    package var overlays: [TaskID] {
        var seen: Set<TaskID> = []
        return outputs.flatMap(\.operations).flatMap(\.parameters.tasks).map(\.id).filter { seen.insert($0).inserted }
    }

    /// The path of the first field that names this overlay, such as `outputs[0].operations[1].image`.
    package func path(ofOverlay id: TaskID) -> String? {
        for (output, spec) in outputs.enumerated() {
            for (operation, step) in spec.operations.enumerated() {
                guard let field = step.parameters.tasks.first(where: { $0.id == id }) else { continue }
                return "outputs[\(output)].operations[\(operation)].\(field.parameter)"
            }
        }
        return nil
    }
}

extension Pipeline: Codable {
    package init(from decoder: any Decoder) throws { self = try Pipeline(reading: try JSONValue(from: decoder), path: "") }

    package func encode(to encoder: any Encoder) throws { try EncodedJSON(try PipelineText.encode(self)).encode(to: encoder) }
}
