import CVips
package import PixelFlowCore
import WireFormats

/// Renders in the calling process; used by the render process and by benchmarks.
///
/// Services must not pass untrusted bytes to it; they use `RenderPool`. Not thread-safe: use it from one thread.
package struct RenderEngine {
    package init() throws { try VipsLibrary.start() }

    /// Receives an output when it is ready. The bytes are valid only during the call.
    package typealias Sink = (_ output: OutputResult, _ bytes: UnsafeRawBufferPointer) throws -> Void

    /// Renders the outputs in order and passes each to `sink` when it is done.
    ///
    /// - Parameter onDecoded: called once the source is decoded, before the first output.
    /// - Throws: `RenderError` if the source is at fault, and the errors of `sink`.
    package func render(
        source: UnsafeRawBufferPointer, overlays: [String: UnsafeRawBufferPointer], pipeline: Pipeline, limits: ImageLimits,
        onDecoded: () -> Void = {}, sink: Sink
    ) throws -> SourceMetadata {
        VipsError.discard()
        MemoryShortage.forget()
        do {
            return try outputs(of: source, overlays, pipeline, limits, onDecoded, sink)
        } catch let failure as RenderError {
            throw MemoryShortage.named(failure)
        }
    }

    private func outputs(
        of source: UnsafeRawBufferPointer, _ overlays: [String: UnsafeRawBufferPointer], _ pipeline: Pipeline, _ limits: ImageLimits,
        _ onDecoded: () -> Void, _ sink: Sink
    ) throws -> SourceMetadata {
        let header = try Load.header(of: source, limits: limits)
        let budget = try MemoryBudget(header, pipeline, limits: limits)
        var outputBytes = 0
        let decoded = DecodedSource(source, header, pipeline, limits: limits)
        let metadata = try decoded.metadata()
        onDecoded()
        let marks = OverlaySet(overlays, limits: budget.rest)
        for spec in pipeline.outputs {
            MemoryShortage.forget()
            do {
                let rendering = OutputRendering(spec: spec, header: header, limits: limits, marks: marks)
                try marks.decode(for: spec)
                try budget.check(spec, beside: marks.bytes)
                let output = try rendering.run(try decoded.frames(for: spec))
                outputBytes += output.bytes.count
                guard outputBytes <= limits.taskOutputBytes else {
                    outputBytes -= output.bytes.count
                    throw OutputError(
                        code: "outputs_too_large",
                        message: "With this output, the outputs of the task would exceed \(limits.taskOutputBytes.counted("byte")).")
                }
                try output.bytes.withBytes { try sink(output.result, $0) }
            } catch let failure as OutputError {
                try sink(OutputResult(name: spec.name, failure: failure), UnsafeRawBufferPointer(start: nil, count: 0))
            } catch is VipsError {
                let failure = MemoryShortage.named(OutputError(code: "output_failed", message: "The output could not be rendered."))
                try sink(OutputResult(name: spec.name, failure: failure), UnsafeRawBufferPointer(start: nil, count: 0))
            }
        }
        return metadata
    }
}

/// The result of one output, without its bytes.
package struct OutputResult: Codable, Hashable, Sendable {
    package var name: String
    package var format: ImageFormat?
    package var width = 0
    package var height = 0
    package var frames = 1
    package var failure: OutputError?

    init(name: String, format: ImageFormat, width: Int, height: Int, frames: Int) {
        self.name = name
        self.format = format
        self.width = width
        self.height = height
        self.frames = frames
    }

    init(name: String, failure: OutputError) {
        self.name = name
        self.failure = failure
    }
}
