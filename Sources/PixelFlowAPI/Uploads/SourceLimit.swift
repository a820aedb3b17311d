import PixelFlowCore

/// How large an uploaded image may be.
struct SourceLimit: Sendable {
    /// Of the image.
    let bytes: Int
    private let quota: Quota

    /// - Parameters:
    ///   - bytes: the limit for everyone.
    ///   - quota: that of the organisation, which can be lower.
    init(bytes: Int, quota: Quota = .unlimited) {
        self.bytes = bytes
        self.quota = quota
    }

    /// - Throws: `quota_exceeded` beyond the quota of the organisation, `body_too_large` beyond the limit for everyone.
    func check(_ count: Int) throws(PixelFlowError) {
        try quota.admit(sourceOf: count)
        guard count <= bytes else {
            throw PixelFlowError(.tooLarge, code: "body_too_large", "The image is larger than \(bytes) bytes.")
        }
    }
}
