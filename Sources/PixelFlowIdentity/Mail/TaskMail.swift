package import PixelFlowCore

/// Which mail a person gets about the tasks that they have added to an organisation.
package enum TaskMail: String, Sendable, CaseIterable {
    case never
    /// About failed tasks, at most one message in 15 minutes.
    case failures
    /// A digest of each hour in which tasks ended.
    case hourly
    /// A digest of each day on which tasks ended.
    case daily
    /// A message for each completed batch.
    case batches

    /// The choices that send digests of spans of time.
    static let periodic: [TaskMail] = [.failures, .hourly, .daily]
}

/// When the spans of digests end: at the same times for everyone, so that the tasks of many members are summed together.
package struct TaskMailSchedule: Sendable, Hashable {
    /// In UTC, 0 to 23.
    package var dailyHour: Int

    package init(dailyHour: Int) { self.dailyHour = dailyHour }

    /// - Returns: the last end of a span that is not after `time`; nil for a choice without spans.
    package func lastEnd(of choice: TaskMail, by time: Timestamp) -> Timestamp? {
        let (period, offset): (Int64, Int64)
        switch choice {
        case .failures: (period, offset) = (900, 0)
        case .hourly: (period, offset) = (3_600, 0)
        case .daily: (period, offset) = (86_400, Int64(dailyHour) * 3_600)
        case .never, .batches: return nil
        }
        let seconds = time.microseconds / 1_000_000 - offset
        return Timestamp(microseconds: (seconds / period * period + offset) * 1_000_000)
    }
}
