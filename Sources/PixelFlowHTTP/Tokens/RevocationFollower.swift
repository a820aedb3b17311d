package import Logging
package import PixelFlowCache
import PixelFlowCore
package import ServiceLifecycle

/// Makes a verifier read new revocations as soon as another process signals one. Without the signal, they are read within ten seconds.
package struct RevocationFollower: Service {
    /// The delay between two attempts to subscribe.
    private static let pause = Duration.seconds(1)

    private let signal: any InvalidationSignal
    private let verifier: TokenVerifier
    private let logger: Logger

    package init(_ signal: any InvalidationSignal, verifier: TokenVerifier, logger: Logger) {
        self.signal = signal
        self.verifier = verifier
        self.logger = logger
    }

    private func warn(_ error: any Error) { logger.debug("revocations not signalled", metadata: ["error": "\(error)"]) }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await retry(.every(Self.pause), onRetry: warn, signal.receive)
                await verifier.readRevocations()
            }
        }
    }
}
