package import WireFormats

/// What a pipeline may say, as data: every operation, and every option of an output.
package enum PipelineSchema {
    package static let json: JSONValue = [
        "operations": .array(ImageOperation.all.map { $0.schema }),
        "output": ["parameters": OutputSpec.options.schema],
        "limits": [
            "outputs": .integer(Pipeline.maximumOutputs), "operations": .integer(OutputSpec.maximumOperations),
            "bytes": .integer(Pipeline.maximumBytes), "watermarks": .integer(Pipeline.maximumOverlays),
        ],
    ]
}
