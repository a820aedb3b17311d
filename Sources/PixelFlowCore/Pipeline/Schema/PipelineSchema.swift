package import WireFormats

/// The schema of pipelines as data: all operations, and all options of an output.
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
