package import PixelFlowCore

/// What a person is mailed of the tasks that they have added to an organisation.
package enum TaskMail: String, Sendable, CaseIterable {
    case never
    /// When some have failed, at most one message in 15 minutes.
    case failures
    /// What has ended in an hour, if anything has.
    case hourly
    /// What has ended in a day, if anything has.
    case daily
    /// When a batch is done.
    case batches

    /// Those of whom spans of time are told.
    static let periodic: [TaskMail] = [.failures, .hourly, .daily]
}

/// When the spans of time end that people are told of: the same for everyone, so that the tasks of many are summed at once.
package struct TaskMailSchedule: Sendable, Hashable {
    /// In UTC, 0 to 23.
    package var dailyHour: Int

    package init(dailyHour: Int) { self.dailyHour = dailyHour }

    /// - Returns: the last end of a span that is not after `time`; nil for what no span belongs to.
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
