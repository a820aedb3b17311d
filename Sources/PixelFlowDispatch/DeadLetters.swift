import Logging
import Metrics
import PixelFlowCore
import Synchronization

/// Publishes failed tasks to the dead-letter topic one by one, so that one that the broker rejects does not block the others.
final class DeadLetters: Sendable {
    /// The timeout of one publication; afterwards the dispatcher retries.
    static let waitLimit = Duration.seconds(5)
    static let limit = Duration.seconds(60)
    /// Maximum concurrent publications.
    static let width = 16

    private let broker: any TaskBroker
    private let logger: Logger
    private let sent: Counter
    private let failed: Counter
    private let state = Mutex((next: 0, underWay: [Int: Task<Void, Never>]()))

    init(broker: any TaskBroker, logger: Logger, metrics: any MetricsFactory) {
        self.broker = broker
        self.logger = logger
        sent = Counter(label: "dead_letters_total", dimensions: [("outcome", "published")], factory: metrics)
        failed = Counter(label: "dead_letters_total", dimensions: [("outcome", "failed")], factory: metrics)
    }

    /// Starts publishing.
    ///
    /// - Parameter done: called with each task that is confirmed to be in the topic.
    func publish(_ tasks: [TaskRecord], _ done: @escaping @Sendable ([TaskRecord]) -> Void) {
        state.withLock { state in
            state.next += 1
            state.underWay[state.next] = Task { [number = state.next] in
                await self.publishEach(tasks, done)
                self.state.withLock { $0.underWay[number] = nil }
            }
        }
    }

    /// Waits for publications in progress.
    func finish() async {
        for task in state.withLock({ Array($0.underWay.values) }) { await task.value }
    }

    private func publishEach(_ tasks: [TaskRecord], _ done: @escaping @Sendable ([TaskRecord]) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, task) in tasks.enumerated() {
                if index >= Self.width { await group.next() }
                group.addTask { if await self.isTaken(task) { done([task]) } }
            }
        }
    }

    private func isTaken(_ task: TaskRecord) async -> Bool {
        let outcome = await attempt(waitLimit: Self.waitLimit, limit: Self.limit) { [broker] in
            try await broker.deadLetter(task)
        } finished: { _ in
        }
        switch outcome {
        case .success:
            sent.increment()
            return true
        case .failure(let error):
            logger.warning("dead letter not published, stays due", metadata: ["task_id": "\(task.id)", "error": "\(error)"])
        case nil:
            logger.warning("dead letter not published in time, stays due", metadata: ["task_id": "\(task.id)"])
        }
        failed.increment()
        return false
    }
}
