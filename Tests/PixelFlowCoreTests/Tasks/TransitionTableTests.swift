import PixelFlowCore
import Testing

/// Every transition from every status: the resulting status, or why it is rejected.
@Suite struct TransitionTableTests {
    enum Outcome: Sendable, Equatable {
        case leads(TaskStatus)
        case refused(TransitionError)
    }

    struct Row: Sendable, CustomStringConvertible {
        let name: String
        let transition: @Sendable (TaskRecord) -> TaskTransition
        /// In the order PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED.
        let outcomes: [Outcome]

        init(_ name: String, _ outcomes: [Outcome], _ transition: @escaping @Sendable (TaskRecord) -> TaskTransition) {
            self.name = name
            self.outcomes = outcomes
            self.transition = transition
        }

        var description: String { name }
    }

    static let statuses: [TaskStatus] = [.pending, .processing, .completed, .failed, .cancelled]

    static func wrong(_ status: TaskStatus) -> Outcome { .refused(.wrongStatus(status)) }
    static let allWrong = statuses.map(wrong)

    /// `allWrong`, except for one status.
    static func only(_ status: TaskStatus, _ outcome: Outcome) -> [Outcome] {
        statuses.map { $0 == status ? outcome : wrong($0) }
    }

    static let rows: [Row] = [
        Row("claim", only(.pending, .leads(.processing))) { _ in .claim(worker: WorkerID("other")) },
        Row("renew", only(.processing, .leads(.processing))) { .renew($0.claim) },
        Row(
            "complete",
            [wrong(.pending), .leads(.completed), .refused(.alreadyCompleted), wrong(.failed), wrong(.cancelled)]
        ) { .complete($0.claim, SampleTasks.manifest()) },
        Row("fail permanently", only(.processing, .leads(.failed))) { .fail($0.claim, SampleTasks.failure(.permanent), jitter: 0.5) },
        Row("fail transiently", only(.processing, .leads(.pending))) { .fail($0.claim, SampleTasks.failure(.transient), jitter: 0.5) },
        Row("fail by outage", only(.processing, .leads(.pending))) { .fail($0.claim, SampleTasks.failure(.outage), jitter: 0.5) },
        Row("fail by crash", only(.processing, .leads(.pending))) { .fail($0.claim, SampleTasks.failure(.crash), jitter: 0.5) },
        Row("fail by a kill", only(.processing, .leads(.pending))) { .fail($0.claim, SampleTasks.failure(.killed), jitter: 0.5) },
        Row("release", only(.processing, .leads(.pending))) { .release($0.claim) },
        Row("expire", only(.processing, .refused(.notDue))) { _ in .expire },
        Row("reclaim", only(.processing, .leads(.pending))) { _ in .reclaim },
        Row("cancel", [.leads(.cancelled), .leads(.processing), wrong(.completed), wrong(.failed), wrong(.cancelled)]) { _ in .cancel },
        Row("replay", only(.failed, .leads(.pending))) { _ in .replay },
        Row("dispatch", only(.pending, .refused(.notDue))) { _ in .dispatch },
        Row("hold", only(.pending, .leads(.pending))) { _ in .hold },
        Row("take a turn without being held", only(.pending, .refused(.unchanged))) { _ in .takeTurn },
        Row("acknowledge a dispatch message", only(.pending, .leads(.pending))) { .acknowledgeDispatch(sequence: $0.dispatch.sequence) },
        Row("acknowledge an older dispatch message", only(.pending, .refused(.superseded))) {
            .acknowledgeDispatch(sequence: $0.dispatch.sequence - 1)
        },
        Row("redeliverLost a dispatch message that was never acknowledged", only(.pending, .refused(.unchanged))) {
            .redeliverLost(before: $0.updatedAt)
        },
        Row(
            "acknowledge events",
            [.refused(.unchanged), .refused(.unchanged), .leads(.completed), .leads(.failed), .leads(.cancelled)]
        ) { .acknowledgeEvents(Set($0.outbox.map(\.id))) },
        Row("delete", statuses.map { .leads($0) }) { _ in .delete },
    ]

    @Test(arguments: rows, Array(statuses.indices))
    func transitionsMatchTheTable(row: Row, index: Int) throws {
        let before = try SampleTasks.make(Self.statuses[index])
        var task = before
        #expect(apply(row.transition(before), to: &task) == row.outcomes[index])
        if case .refused = row.outcomes[index] { #expect(task == before, "a refused transition changed the task") }
    }

    @Test(arguments: rows, Array(statuses.indices))
    func anOlderClaimIsFenced(row: Row, index: Int) throws {
        var before = try SampleTasks.make(Self.statuses[index])
        let transition = row.transition(before)
        guard transition.needsClaim else { return }
        before.epoch += 1
        var task = before
        #expect(apply(transition, to: &task) == .refused(.fenced))
        #expect(task == before)
    }

    @Test(arguments: rows, Array(statuses.indices))
    func nothingHappensToADeletedTask(row: Row, index: Int) throws {
        var before = try SampleTasks.make(Self.statuses[index])
        try SampleTasks.machine.apply(.delete, to: &before, at: SampleTasks.start)
        var task = before
        let outcome = apply(row.transition(before), to: &task)
        // Its events must still be published.
        guard row.name != "acknowledge events" else { return #expect(task.outbox.isEmpty) }
        #expect(outcome == .refused(.deleted))
        #expect(task == before)
    }

    private func apply(_ transition: TaskTransition, to task: inout TaskRecord) -> Outcome {
        do throws(TransitionError) {
            try SampleTasks.machine.apply(transition, to: &task, at: SampleTasks.later)
            return .leads(task.status)
        } catch {
            return .refused(error)
        }
    }
}

extension TaskTransition {
    /// Whether the transition requires a claim.
    fileprivate var needsClaim: Bool {
        switch self {
        case .renew, .complete, .fail, .release: true
        default: false
        }
    }
}
