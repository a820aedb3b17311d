package import PixelFlowCore

/// A rule that a history violates.
package struct Violation: Sendable, Hashable, CustomStringConvertible {
    package enum Rule: String, Sendable, Hashable, CaseIterable {
        /// An accepted task is gone.
        case lostTask
        /// A task did not end, or not as its image requires.
        case wrongEnding
        /// The stored source is not what the client sent.
        case wrongSource
        /// A step that the state machine does not allow.
        case forbiddenStep
        /// Epochs that do not increase with each claim, or increase without one.
        case epochOrder
        /// Times or revisions that go back.
        case timeOrder
        /// A generation with several completions, or a COMPLETED task without one.
        case manifestCount
        /// A manifest that refers to objects of a run other than the one that completed the task.
        case foreignManifest
        /// Two views of a task that contradict each other.
        case contradiction
        /// Outputs that changed between two reads.
        case changedOutput
        /// Bytes that do not match the manifest.
        case wrongBytes
        /// A manifest refers to an object that is not stored.
        case missingObject
        /// A stored object that no task refers to.
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
