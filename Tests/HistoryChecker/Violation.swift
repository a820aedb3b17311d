package import PixelFlowCore

/// A rule that a history breaks.
package struct Violation: Sendable, Hashable, CustomStringConvertible {
    package enum Rule: String, Sendable, Hashable, CaseIterable {
        /// An accepted task is gone.
        case lostTask
        /// A task ended otherwise than its image deserves, or not at all.
        case wrongEnding
        /// The stored source is not what the client sent.
        case wrongSource
        /// A step that the automaton does not know.
        case forbiddenStep
        /// Epochs that do not grow with each claim, and only then.
        case epochOrder
        /// Times or revisions that go back.
        case timeOrder
        /// A generation with several completions, or a COMPLETED task without one.
        case manifestCount
        /// A manifest that names objects of another run than the one that completed the task.
        case foreignManifest
        /// Two views of a task that contradict each other.
        case contradiction
        /// Outputs that changed between two reads.
        case changedOutput
        /// Bytes that are not those of the manifest.
        case wrongBytes
        /// A named object that is not stored.
        case missingObject
        /// A stored object that nobody names.
        case strayObject
    }

    package var rule: Rule
    package var task: TaskID?
    package var detail: String

    package init(_ rule: Rule, _ task: TaskID?, _ detail: String) {
        self.rule = rule
        self.task = task
        self.detail = detail
    }

    package var description: String { "\(rule.rawValue) \(task?.rawValue ?? "-"): \(detail)" }
}
