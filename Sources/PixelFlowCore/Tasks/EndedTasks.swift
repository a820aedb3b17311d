/// A summary of finished tasks.
package struct EndedTasks: Sendable, Hashable, Codable {
    /// The maximum number of failures that are listed; others are only counted.
    package static let failuresShown = 5

    package var completed: Int
    package var failed: Int
    package var cancelled: Int
    /// The first failures, at most `failuresShown`.
    package var failures: [Failure]

    package struct Failure: Sendable, Hashable, Codable {
        /// Maximum characters of each text.
        static let textLimit = 200

        package var task: TaskID
        /// The file name or the URL; empty if the upload had no name.
        package var name: String
        package var code: String
        /// For people.
        package var message: String

        /// Nil for a task that has not failed.
        package init?(_ task: TaskRecord) {
            guard task.status == .failed, let error = task.error else { return nil }
            self.task = task.id
            name = Self.cut(task.label)
            code = error.code
            message = Self.cut(error.message)
        }

        private static func cut(_ text: String) -> String { text.count > textLimit ? text.prefix(textLimit - 1) + "…" : text }
    }

    package init(completed: Int = 0, failed: Int = 0, cancelled: Int = 0, failures: [Failure] = []) {
        self.completed = completed
        self.failed = failed
        self.cancelled = cancelled
        self.failures = failures
    }

    package var total: Int { completed + failed + cancelled }

    /// Adds the numbers of `other`, without its failures.
    package mutating func add(_ other: EndedTasks) {
        completed += other.completed
        failed += other.failed
        cancelled += other.cancelled
    }

    /// Counts tasks with a final status; ignores other ones.
    package mutating func count(_ number: Int, as status: TaskStatus) {
        switch status {
        case .completed: completed += number
        case .failed: failed += number
        case .cancelled: cancelled += number
        case .pending, .processing: break
        }
    }
}
