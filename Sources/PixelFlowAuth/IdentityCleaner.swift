import Logging
import PixelFlowCore
import PixelFlowIdentity
package import ServiceLifecycle

/// Deletes what has expired from the auth database, each hour. Any number of replicas may do so.
struct IdentityCleaner: Service {
    private static let interval = Duration.seconds(3600)

    let store: IdentityStore
    let auditAge: Duration
    let tokenLifetime: Duration
    let clock: any WallClock
    let logger: Logger

    func run() async {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await store.cleanUp(at: clock.now(), auditAge: auditAge, tokenLifetime: tokenLifetime)
                } catch let error as PixelFlowError {
                    logger.warning("expired identities not deleted, retrying in an hour", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: Self.interval)
            }
        }
    }
}
