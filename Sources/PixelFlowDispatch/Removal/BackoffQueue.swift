import Logging
import PixelFlowCore
import Synchronization

/// Works through a list of tasks in the store, so that a task that fails or hangs does not block the others.
///
/// A round processes one page of the list, and the next round continues after it, so that permanently failing tasks do not block
/// later ones. Failed work is retried with doubling delays (`BackoffTable`).
final class BackoffQueue: Sendable {
    /// Whether the work has removed the task from the list, or why the work has failed.
    typealias Outcome = Result<Bool, any Error>
    typealias Page = @Sendable (_ after: TimelinePosition, _ limit: Int) async throws -> [TaskRecord]

    /// Tasks per round.
    static let page = 500
    /// Maximum concurrent tasks.
    static let width = 16
    /// How long a task may occupy one of these slots; afterwards, it continues in the background.
    static let waitLimit = Duration.seconds(2)
    /// The time limit for a task in the background.
    static let limit = Duration.seconds(60)
    /// The maximum number of tasks in the background.
    static let stragglers = 256

    private struct State {
        var position = TimelinePosition.beginning
        var backoff = BackoffTable()
        var running: Set<TaskID> = []
        var failing: Set<TaskID> = []
    }

    private let name: String
    private let list: Page
    private let position: @Sendable (TaskRecord) -> TimelinePosition
    private let work: @Sendable (TaskRecord) async throws -> Bool
    private let clock: any WallClock
    private let logger: Logger
    private let onOutcome: @Sendable (Outcome) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - position: the position of a task in the list.
    ///   - work: returns whether it has removed the task from the list; otherwise it is repeated after a delay.
    init(
        _ name: String, clock: any WallClock, logger: Logger, list: @escaping Page,
        position: @escaping @Sendable (TaskRecord) -> TimelinePosition, onOutcome: @escaping @Sendable (Outcome) -> Void,
        work: @escaping @Sendable (TaskRecord) async throws -> Bool
    ) {
        self.name = name
        self.list = list
        self.position = position
        self.work = work
        self.clock = clock
        self.logger = logger
        self.onOutcome = onOutcome
    }

    /// The number of tasks whose last attempt has failed.
    var failing: Int { state.withLock { $0.failing.count } }

    /// Runs one round.
    ///
    /// - Throws: errors of the list. Errors of a task's work are logged, and the work is retried.
    func round() async throws {
        let start = state.withLock { $0.position }
        let tasks = try await list(start, Self.page)
        let now = clock.now()
        let due = state.withLock { state in
            state.position = tasks.count == Self.page ? tasks.last.map(position) ?? .beginning : .beginning
            state.backoff.prune(at: now)
            // A round that started at the beginning and got less than a page has seen the complete list.
            if start == .beginning, tasks.count < Self.page { state.failing.formIntersection(tasks.map(\.id)) }
            return tasks.filter { state.backoff.isDue($0.id, at: now) && !state.running.contains($0.id) }
        }
        await withTaskGroup(of: Void.self) { group in
            for (index, task) in due.enumerated() {
                if index >= Self.width { await group.next() }
                guard !Task.isCancelled, begin(task) else { break }
                group.addTask { await self.attend(to: task) }
            }
        }
    }

    /// - Returns: false if too many are already in the background.
    private func begin(_ task: TaskRecord) -> Bool {
        state.withLock { state in
            guard state.running.count < Self.stragglers + Self.width else { return false }
            state.running.insert(task.id)
            return true
        }
    }

    private func attend(to task: TaskRecord) async {
        let outcome = await attempt(waitLimit: Self.waitLimit, limit: Self.limit) { [work] in
            try await work(task)
        } finished: {
            self.record(task, $0)
        }
        if outcome == nil {
            logger.info("task step is slow; continuing with other tasks", metadata: ["step": "\(name)", "task_id": "\(task.id)"])
        }
    }

    private func record(_ task: TaskRecord, _ outcome: Outcome) {
        let now = clock.now()
        if case .failure(let error) = outcome {
            logger.warning(
                "failed, will be retried", metadata: ["step": "\(name)", "task_id": "\(task.id)", "error": "\(error)"])
        }
        state.withLock { state in
            state.running.remove(task.id)
            if case .failure = outcome { state.failing.insert(task.id) } else { state.failing.remove(task.id) }
            if case .success(true) = outcome {
                state.backoff.forget(task.id)
            } else {
                state.backoff.tried(task.id, at: now, jitter: .random(in: 0...1))
            }
        }
        onOutcome(outcome)
    }
}
