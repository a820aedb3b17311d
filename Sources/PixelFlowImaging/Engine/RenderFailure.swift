package import PixelFlowCore

/// Why a whole job cannot be done. The source is at fault: trying again cannot help.
package struct RenderFailure: Error, Codable, Hashable {
    package var kind: PixelFlowError.Kind
    package var code: String
    package var message: String

    init(_ kind: PixelFlowError.Kind, _ code: String, _ message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    package var error: PixelFlowError { PixelFlowError(kind, code: code, message, retry: .permanent) }

    /// What was reckoned before was too little, or a decoder needs more than its format tells.
    static let outOfMemory = RenderFailure(
        .invalid, "image_too_large_in_memory", "The image needs more memory than rendering may take.")

    static let truncated = RenderFailure(.invalid, "truncated_image", "The image is cut off or damaged.")
}
