import Logging
import PixelFlowCore
package import ServiceLifecycle

/// Shows the setup token in the log at every start for as long as there is no account and registration is not open.
struct SetupAnnouncer: Service {
    private static let pause = Duration.seconds(5)

    let accounts: Accounts
    let logger: Logger

    func run() async {
        try? await cancelWhenGracefulShutdown {
            // The database may start after auth.
            if let token = try await retry(.every(Self.pause), accounts.setupTokenIfEmpty) {
                // In the message, because metadata of such a name is redacted. It is good for nothing once there is an account.
                logger.notice("there is no account yet; register the first one with the setup token \(token)")
            }
        }
        // A service that returns would stop the process.
        try? await gracefulShutdown()
    }
}
