import NIOSSL
import PixelFlowCore

/// The trusted certificate authorities, read once because that takes milliseconds.
struct TLSTrust: Sendable {
    let context: NIOSSLContext

    /// - Throws: `PixelFlowError` `setting_invalid` if the file cannot be read.
    init(rootsFile: String?) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let rootsFile { configuration.trustRoots = .file(rootsFile) }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            let file = rootsFile ?? "of the operating system"
            throw PixelFlowError(
                .invalid, code: "setting_invalid", "The certificate authorities (\(file)) cannot be read.", cause: error)
        }
    }
}
