import Logging
import PixelFlowCore
import PixelFlowIdentity

/// Follows up on notices that were queued with what they tell of.
struct NoticeOutbox: Sendable {
    /// How long a notice may wait to be sent; later it is no news.
    static let lifetime = Duration.seconds(3 * 86_400)

    let outbox: Outbox
    let metrics: DigestMetrics
    let logger: Logger

    /// The log comes first: where the outbox has no room, the entries are there and their notices are not.
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
