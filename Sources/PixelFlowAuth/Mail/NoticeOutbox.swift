import Logging
import PixelFlowCore
import PixelFlowIdentity

/// Handles notices that were queued in the same transaction as the event they are about.
struct NoticeOutbox: Sendable {
    /// How long a notice may wait to be sent; after that it is outdated.
    static let lifetime = Duration.seconds(3 * 86_400)

    let outbox: Outbox
    let metrics: DigestMetrics
    let logger: Logger

    /// Warns if the outbox had no room: the audit entries are stored, but their notices are not.
    func report(_ count: IdentityStore.NoticeCount) {
        if count.queued > 0 { outbox.wake() }
        if count.dropped > 0 {
            logger.warning("notices not queued, because too many messages wait", metadata: ["notices": "\(count.dropped)"])
        }
    }

    func report(_ count: IdentityStore.DigestCount) {
        metrics.count(count)
        if count.queued > 0 { outbox.wake() }
        if count.postponed > 0 {
            logger.warning(
                "mail about tasks not queued, will be retried, because too many messages wait",
                metadata: ["messages": "\(count.postponed)"])
        }
    }
}
