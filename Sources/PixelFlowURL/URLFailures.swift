package import PixelFlowCore

extension PixelFlowError {
    /// A URL that can never be fetched.
    package static func urlInvalid(_ message: String) -> PixelFlowError { PixelFlowError(.invalid, code: "url_invalid", message) }

    package static func portNotAllowed(_ port: Int) -> PixelFlowError {
        PixelFlowError(.invalid, code: "port_not_allowed", "Images may not be fetched from port \(port).")
    }
}
