import PixelFlowCore

/// Judges a history by the promises of the task protocol: no accepted task is lost, no effect is
/// applied twice, exactly one manifest is ever visible, and nothing half-made stays behind.
package struct HistoryChecker: Sendable {
    private let checks: [@Sendable (History) -> [Violation]] = [
        PromiseCheck.violations, StepCheck.violations, ManifestCheck.violations, ObservationCheck.violations, ObjectCheck.violations,
    ]

    package init() {}

    /// Every rule that is broken; none in a good history.
    package func violations(in history: History) -> [Violation] {
        checks.flatMap { $0(history) }
    }
}

extension History {
    var tasksByID: [TaskID: TaskRecord] { Dictionary(tasks.map { ($0.id, $0) }) { first, _ in first } }
}
