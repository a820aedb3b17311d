import HistoryChecker
import PixelFlowCore
import Testing

/// A checker that finds nothing proves nothing: each rule is shown a history that breaks it.
@Suite struct HistoryCheckerTests {
    @Test func acceptsAHistoryWithALostLease() {
        let task = Sample.completed
        let history = Sample.history(of: task)
        #expect(HistoryChecker().violations(in: history) == [])
    }

    @Test func acceptsAReplayAndACancellation() {
        var machine = Sample.Life()
        machine.apply(.claim(worker: WorkerID("w")))
        machine.fail(.permanent)
        machine.apply(.replay)
        machine.apply(.cancel)
        let history = History(promises: [Promise(task: machine.task.id, ending: .cancelled)], tasks: [machine.task])
        #expect(HistoryChecker().violations(in: history) == [])
    }

    @Test func acceptsATruncatedHistory() {
        var life = Sample.Life()
        for _ in 0..<80 {
            life.apply(.claim(worker: WorkerID("w")))
            life.apply(.release(life.task.claim))
        }
        #expect(life.task.history.count == TaskStateMachine.historyLimit)
        #expect(HistoryChecker().violations(in: History(tasks: [life.task])) == [])
    }

    @Test(arguments: BrokenHistory.all)
    func findsViolations(_ broken: BrokenHistory) {
        var history = Sample.history(of: Sample.completed)
        broken.damage(&history)
        let found = Set(HistoryChecker().violations(in: history).map(\.rule))
        #expect(found.contains(broken.rule), "found \(found) instead")
    }

    @Test func everyRuleHasAHistoryThatBreaksIt() {
        #expect(Set(BrokenHistory.all.map(\.rule)) == Set(Violation.Rule.allCases))
    }
}
