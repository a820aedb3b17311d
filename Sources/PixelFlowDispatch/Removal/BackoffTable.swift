import PixelFlowCore
import WireFormats

/// The retry times of many tasks. The delay doubles with every attempt, up to a limit, so permanent failures cost little.
struct BackoffTable: Sendable {
    private struct Entry {
        var tries: Int
        var due: Timestamp
    }

    var policy = RetryPolicy(firstPause: .seconds(5), longestPause: .seconds(300), jitter: .equal)
    /// Tasks beyond it are retried in every round, which is correct but takes more work.
    var capacity = 50_000
    private var entries: [TaskID: Entry] = [:]

    init() {}

    var count: Int { entries.count }

    func isDue(_ id: TaskID, at now: Timestamp) -> Bool { entries[id].map { $0.due <= now } ?? true }

    /// Records an attempt.
    ///
    /// - Parameter jitter: 0 to 1.
    mutating func tried(_ id: TaskID, at now: Timestamp, jitter: Double) {
        guard entries[id] != nil || entries.count < capacity else { return }
        let tries = (entries[id]?.tries ?? 0) + 1
        entries[id] = Entry(tries: tries, due: now + policy.pause(retry: tries - 1, random: jitter))
    }

    mutating func forget(_ id: TaskID) { entries[id] = nil }

    /// Removes tasks that have been due for longer than the maximum delay: they were handled elsewhere.
    mutating func prune(at now: Timestamp) {
        entries = entries.filter { $0.value.due + policy.longestPause > now }
    }
}
