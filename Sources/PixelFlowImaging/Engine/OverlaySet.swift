import PixelFlowCore

/// The watermarks of a job, each decoded at most once.
final class OverlaySet {
    private let encoded: [String: UnsafeRawBufferPointer]
    private let limits: ImageLimits
    private var decoded: [TaskID: Result<Image, OutputError>] = [:]
    /// Bytes of the decoded watermarks.
    private(set) var bytes = 0

    init(_ encoded: [String: UnsafeRawBufferPointer], limits: ImageLimits) {
        self.encoded = encoded
        self.limits = limits
    }

    /// Decodes the watermarks of an output, so that its memory can be checked with them.
    ///
    /// - Throws: like `mark`.
    func decode(for spec: OutputSpec) throws {
        for operation in spec.operations {
            if let watermark = operation.parameters as? ImageOperation.Watermark { _ = try mark(watermark.image) }
        }
    }

    /// - Throws: `OutputError`: only the outputs that use a bad watermark fail.
    func mark(_ id: TaskID) throws -> Image {
        if let known = decoded[id] { return try known.get() }
        let result = Result { () throws(OutputError) in try decode(id) }
        decoded[id] = result
        return try result.get()
    }

    private func decode(_ id: TaskID) throws(OutputError) -> Image {
        guard let bytes = encoded[id.rawValue] else {
            throw OutputError(code: "watermark_missing", message: "The watermark image \(id) does not exist.")
        }
        do {
            let header = try Load.header(of: bytes, limits: limits)
            let held = try MemoryBudget.mark(header, limits: limits, beside: self.bytes)
            let image = try Decode.frames(of: bytes, header, LoadOptions(), .srgb, isFresh: true).first
            self.bytes += held
            return image
        } catch {
            let failure = (error as? RenderError).map { MemoryShortage.named($0).message } ?? "It cannot be decoded."
            throw OutputError(code: "watermark_unreadable", message: "The watermark image \(id) cannot be used: \(failure)")
        }
    }
}
