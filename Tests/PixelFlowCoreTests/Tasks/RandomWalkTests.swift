import PixelFlowCore
import TestSupport
import Testing

/// Long random walks through the states of tasks, checked after each step.
@Suite struct RandomWalkTests {
    static let stepsPerWalk = 25_000

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func keepsItsInvariants(seed: UInt64) throws {
        var walk = RandomWalk(seed: seed)
        for step in 0..<Self.stepsPerWalk {
            let (before, transition, refusal, after) = walk.step()
            let fault = Invariants.fault(before, transition, refusal, after)
            try #require(fault == nil, "seed \(seed), step \(step), \(transition): \(fault ?? "")")
        }
        // A walk that does not reach all states would prove little.
        #expect(Set(walk.reached) == Set(TaskStatus.allCases))
        #expect(walk.refusals.count >= 6)
        #expect(walk.lives > 100)
    }
}

/// A sequence of tasks with random transitions.
struct RandomWalk {
    private var random: SeededGenerator
    private let machine = TaskStateMachine()
    private var now = SampleTasks.start
    private var task = SampleTasks.make()
    /// Claims that were valid at some time; some are stale.
    private var claims: [Claim] = []
    private(set) var reached: [TaskStatus] = []
    private(set) var refusals: Set<String> = []
    private(set) var lives = 1

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func step() -> (before: TaskRecord, TaskTransition, TransitionError?, after: TaskRecord) {
        startAnewAtTimes()
        now = now + .milliseconds(Int.random(in: 0...20_000, using: &random))
        let transition = choose()
        let before = task
        var refusal: TransitionError?
        do throws(TransitionError) {
            try machine.apply(transition, to: &task, at: now)
        } catch {
            refusal = error
            refusals.insert(String("\(error)".prefix { $0 != "(" }))
        }
        if case .claim = transition, refusal == nil { claims.append(task.claim) }
        if !reached.contains(task.status) { reached.append(task.status) }
        return (before, transition, refusal, task)
    }

    /// Keeps final tasks for some steps, to check that nothing changes them.
    private mutating func startAnewAtTimes() {
        let isOver = task.deletedAt != nil || (task.status.isFinal && task.status != .failed)
        guard isOver, Int.random(in: 0..<15, using: &random) == 0 else { return }
        task = SampleTasks.make()
        claims = []
        lives += 1
        task.nextRunAt = now
    }

    private mutating func choose() -> TaskTransition {
        let claim = Int.random(in: 0..<4, using: &random) > 0 ? task.claim : claims.randomElement(using: &random) ?? task.claim
        let retries: [PixelFlowError.Retry] = [.transient, .transient, .outage, .crash, .killed, .permanent]
        switch Int.random(in: 0..<30, using: &random) {
        case 0..<8: return .claim(worker: WorkerID("w\(Int.random(in: 0..<5, using: &random))"))
        case 8..<10: return .renew(claim)
        case 10: return .complete(claim, SampleTasks.manifest())
        case 11..<16:
            let retry = retries.randomElement(using: &random) ?? .transient
            return .fail(claim, SampleTasks.failure(retry), jitter: Double.random(in: 0...1, using: &random))
        case 16..<18: return .release(claim)
        case 18..<20: return .expire
        case 20: return .reclaim
        case 21: return .cancel
        case 22..<24: return .replay
        case 24: return .dispatch
        case 25: return Bool.random(using: &random) ? .hold : .takeTurn
        case 26..<28: return .acknowledgeDispatch(sequence: task.dispatch.sequence - Int.random(in: 0...1, using: &random))
        case 28: return .acknowledgeEvents(Set(task.outbox.prefix(1).map(\.id)))
        default: return Int.random(in: 0..<6, using: &random) == 0 ? .delete : .renew(claim)
        }
    }
}
