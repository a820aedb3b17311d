package import PixelFlowCore

/// Why a whole job failed because of its source. A retry would fail again.
package struct RenderError: Error, Codable, Hashable {
    package var kind: PixelFlowError.Kind
    package var code: String
    package var message: String

    init(_ kind: PixelFlowError.Kind, _ code: String, _ message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    package var error: PixelFlowError { PixelFlowError(kind, code: code, message, retry: .permanent) }

    static let truncated = RenderError(.invalid, "truncated_image", "The image is truncated: the file ends before the picture is complete.")
    static let damaged = RenderError(.invalid, "damaged_image", "The image is damaged: its file is not consistent.")
    static let notAnImage = RenderError(.unsupportedMediaType, "not_an_image", "The source is not an image.")

    /// - Parameter kind: the unsupported kind in the plural: "BMP files".
    static func unsupported(_ kind: String) -> RenderError {
        RenderError(.unsupportedMediaType, "unsupported_format", "\(kind) are not supported.")
    }

    /// The estimate was too low, or a decoder needs more memory than its format suggests.
    static let outOfMemory = RenderError(
        .invalid, "image_too_large_in_memory", "The image needs more memory than a render process may use.")
}

extension OutputError {
    /// The estimate was too low.
    static let outOfMemory = OutputError(
        code: "output_too_large_in_memory", message: "The output needs more memory than a render process may use.")
}
