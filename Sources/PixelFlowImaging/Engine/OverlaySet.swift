import PixelFlowCore

/// The watermarks of a job, each decoded at most once.
final class OverlaySet {
    private let encoded: [String: UnsafeRawBufferPointer]
    private let limits: ImageLimits
    private var decoded: [TaskID: Image] = [:]
    /// Bytes of the decoded watermarks.
    private(set) var bytes = 0

    init(_ encoded: [String: UnsafeRawBufferPointer], limits: ImageLimits) {
        self.encoded = encoded
        self.limits = limits
    }

    /// - Throws: `OutputError`: only the outputs that use a bad watermark fail.
    func mark(_ id: TaskID) throws -> Image {
        if let known = decoded[id] { return known }
        guard let bytes = encoded[id.rawValue] else {
            throw OutputError(code: "watermark_missing", message: "The watermark image \(id) does not exist.")
        }
        do {
            let header = try Load.header(of: bytes, limits: limits)
            self.bytes += try MemoryBudget.mark(header, limits: limits, beside: self.bytes)
            let image = try Decode.frames(of: bytes, header, LoadOptions(), .srgb, isFresh: true).first
            decoded[id] = image
            return image
        } catch let failure as RenderError {
            throw OutputError(code: "watermark_unreadable", message: "The watermark image \(id) cannot be used: \(failure.message)")
        }
    }
}
