import PixelFlowCore
import WireFormats

/// The maximum size of an uploaded image.
struct SourceLimit: Sendable {
    /// The limit in bytes.
    let bytes: Int
    private let quota: Quota

    /// - Parameters:
    ///   - bytes: the global limit.
    ///   - quota: the quota of the organisation, which can be lower.
    init(bytes: Int, quota: Quota = .unlimited) {
        self.bytes = bytes
        self.quota = quota
    }

    /// - Throws: `quota_exceeded` above the quota of the organisation, `body_too_large` above the global limit.
    func check(_ count: Int) throws(PixelFlowError) {
        try quota.admit(sourceOf: count)
        guard count <= bytes else {
            throw PixelFlowError(.tooLarge, code: "body_too_large", "The image is larger than \(bytes.counted("byte")).")
        }
    }
}
