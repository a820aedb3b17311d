package import PixelFlowCore
import Synchronization
import WireFormats

/// The limit of unfinished tasks per organisation.
package struct QueueSettings: Sendable, Hashable {
    static let depthSetting = Setting<Int>.integer(
        "PIXELFLOW_QUEUE_DEPTH", default: 100_000, in: 1...100_000_000,
        help:
            "Tasks of one organisation that may be waiting or being processed before its uploads are refused with 429 `queue_full`. "
            + "Several replicas may together admit a few more.")

    package static let descriptions: [SettingDescription] = [depthSetting.description]

    package var depth: Int

    package init(depth: Int = 100_000) { self.depth = depth }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) { self.init(depth: try settings[Self.depthSetting]) }
}

/// Rejects uploads of organisations with a full queue. The response says when there may be room, estimated from the drain rate.
///
/// The task database counts the depth periodically, and more often the closer it is to the limit. Between counts, the uploads of this
/// process are added; tasks that finish are noticed at the next count.
final class QueueLimit: Sendable {
    private struct Queue {
        /// The number of tasks at the last count, and of those admitted since.
        var counted: Int
        var admitted = 0
        var time: Timestamp
        /// The number of tasks that finish per second; nil before the second count.
        var drainRate: Double?

        var depth: Int { counted + admitted }
    }

    /// The maximum number of organisations in memory; beyond it, all are dropped and counted again.
    static let capacity = 10_000
    /// The range of `Retry-After` in seconds.
    static let retryAfter = 1...600

    private let settings: QueueSettings
    private let usage: any UsageStore
    private let clock: any WallClock
    private let queues = Mutex<[TenantID: Queue]>([:])

    init(_ settings: QueueSettings, usage: any UsageStore, clock: any WallClock) {
        self.settings = settings
        self.usage = usage
        self.clock = clock
    }

    /// Adds a task to the queue of an organisation.
    ///
    /// - Throws: `queue_full`.
    func admit(_ tenant: TenantID) async throws {
        let now = clock.now()
        let known = queues.withLock { $0[tenant] }
        if known.map({ isOutdated($0, at: now) }) ?? true {
            let count = try await usage.tasksInFlight(of: tenant)
            queues.withLock { queues in
                if queues.count >= Self.capacity, queues[tenant] == nil { queues.removeAll() }
                queues[tenant] = Self.next(after: queues[tenant], count: count, at: now)
            }
        }
        try queues.withLock { queues in
            guard let queue = queues[tenant] else { return }
            guard queue.depth < settings.depth else { throw refusal(queue) }
            queues[tenant]?.admitted += 1
        }
    }

    /// Counts expire after a minute while the queue is less than half full, then after five seconds, and after a second once it is full.
    private func isOutdated(_ queue: Queue, at now: Timestamp) -> Bool {
        let age = now.age(since: queue.time)
        if queue.depth >= settings.depth { return age >= .seconds(1) }
        return age >= (queue.depth * 2 >= settings.depth ? .seconds(5) : .seconds(60))
    }

    private static func next(after last: Queue?, count: Int, at now: Timestamp) -> Queue {
        var queue = Queue(counted: count, time: now)
        guard let last, now > last.time else { return queue }
        let ended = Double(max(0, last.depth - count)) / (now - last.time).seconds
        // Averaged with the previous rate, so that one quiet second does not reduce it to zero.
        queue.drainRate = last.drainRate.map { ($0 + ended) / 2 } ?? ended
        return queue
    }

    private func refusal(_ queue: Queue) -> PixelFlowError {
        let excess = Double(queue.depth - settings.depth + 1)
        let seconds = queue.drainRate.map { $0 > 0 ? (excess / $0).rounded(.up) : Double(Self.retryAfter.upperBound) } ?? 5
        let retryAfter = Int(min(max(seconds, Double(Self.retryAfter.lowerBound)), Double(Self.retryAfter.upperBound)))
        let waiting = settings.depth.counted("task of your organisation is", "tasks of your organisation are")
        return PixelFlowError(
            .throttled, code: "queue_full", "\(waiting) waiting already; send more when some of them are done.",
            retryAfter: retryAfter)
    }
}
