import Logging
import PixelFlowCore
package import ServiceLifecycle

/// Logs the setup token at every start while there is no account and registration is not open.
struct SetupAnnouncer: Service {
    private static let pause = Duration.seconds(5)

    let accounts: Accounts
    let logger: Logger

    func run() async {
        try? await cancelWhenGracefulShutdown {
            // The database may start after auth.
            if let token = try await retry(.every(Self.pause), accounts.setupTokenIfEmpty) {
                // In the message, because metadata with such a name is redacted. The token is useless once there is an account.
                logger.notice("there is no account yet; register the first one with the setup token \(token)")
            }
        }
        // A service that returned would stop the process.
        try? await gracefulShutdown()
    }
}
