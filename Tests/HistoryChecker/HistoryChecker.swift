import PixelFlowCore

/// Checks a history against the guarantees of the task protocol: no accepted task is lost, no effect is
/// applied twice, exactly one manifest is ever visible, and nothing incomplete is left behind.
package struct HistoryChecker: Sendable {
    private let checks: [@Sendable (History) -> [Violation]] = [
        PromiseCheck.violations, StepCheck.violations, ManifestCheck.violations, ObservationCheck.violations, ObjectCheck.violations,
    ]

    package init() {}

    /// All violated rules; empty for a correct history.
    package func violations(in history: History) -> [Violation] {
        checks.flatMap { $0(history) }
    }
}

extension History {
    var tasksByID: [TaskID: TaskRecord] { Dictionary(tasks.map { ($0.id, $0) }) { first, _ in first } }
}
