package import PixelFlowCore
import Synchronization
import WireFormats

/// How many tasks of one organisation may be unfinished.
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

/// Refuses uploads of organisations whose queue is full, and tells them when there may be room, by how fast it drains.
///
/// The depth is counted in the task database from time to time, and more often the closer it is to the limit; in between, the
/// uploads of this process are added. Tasks that end in between are noticed at the next count.
final class QueueLimit: Sendable {
    private struct Queue {
        /// Tasks when counted last, and admitted since.
        var counted: Int
        var admitted = 0
        var time: Timestamp
        /// Tasks that end in a second; nil until there have been two counts.
        var drainRate: Double?

        var depth: Int { counted + admitted }
    }

    /// Organisations that are remembered; beyond it, all are forgotten and counted again.
    static let capacity = 10_000
    /// The shortest and longest time to ask for.
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

    /// Counted again after a minute while less than half full, then after five seconds, and each second once it is full.
    private func isOutdated(_ queue: Queue, at now: Timestamp) -> Bool {
        if queue.depth >= settings.depth { return now - queue.time >= .seconds(1) }
        return now - queue.time >= (queue.depth * 2 >= settings.depth ? .seconds(5) : .seconds(60))
    }

    private static func next(after last: Queue?, count: Int, at now: Timestamp) -> Queue {
        var queue = Queue(counted: count, time: now)
        guard let last, now > last.time else { return queue }
        let ended = Double(max(0, last.depth - count)) / (now - last.time).seconds
        // Half of what is known, so that one quiet second is not the end.
        queue.drainRate = last.drainRate.map { ($0 + ended) / 2 } ?? ended
        return queue
    }

    private func refusal(_ queue: Queue) -> PixelFlowError {
        let excess = Double(queue.depth - settings.depth + 1)
        let seconds = queue.drainRate.map { $0 > 0 ? (excess / $0).rounded(.up) : Double(Self.retryAfter.upperBound) } ?? 5
        let retryAfter = Int(min(max(seconds, Double(Self.retryAfter.lowerBound)), Double(Self.retryAfter.upperBound)))
        return PixelFlowError(
            .throttled, code: "queue_full",
            "\(settings.depth) tasks of your organisation are waiting already; send more when some of them are done.",
            retryAfter: retryAfter)
    }
}
