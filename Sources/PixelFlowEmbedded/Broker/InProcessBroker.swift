import DequeModule
import Logging
public import PixelFlowCore
import Synchronization

/// Wake-ups within one process. Forgets everything with the process, which the task protocol allows.
public final class InProcessBroker: TaskBroker {
    private struct State {
        var queue: Deque<WakeUp> = []
        var waiting: [(subscription: Int, continuation: CheckedContinuation<WakeUp?, Never>)] = []
        var open: Set<Int> = []
        var subscriptions = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: wake-ups that may wait; more are refused, and the dispatcher sends them again later.
    public init(capacity: Int = 100_000) { self.capacity = capacity }

    /// - Throws: `PixelFlowError` with `retry == .outage` while the queue is full.
    public func publish(_ wakeUps: [WakeUp]) async throws {
        let handed = try state.withLock { state in
            guard state.queue.count + wakeUps.count <= capacity else { throw PixelFlowError.unavailable("broker") }
            state.queue.append(contentsOf: wakeUps)
            var handed: [(CheckedContinuation<WakeUp?, Never>, WakeUp)] = []
            while !state.waiting.isEmpty, let next = state.queue.popFirst() {
                handed.append((state.waiting.removeFirst().continuation, next))
            }
            return handed
        }
        for (continuation, wakeUp) in handed { continuation.resume(returning: wakeUp) }
    }

    /// A failed task stays in the task store, where it is listed and replayed from; this process has no second place for it.
    public func deadLetter(_ task: TaskRecord) async throws {}

    public func subscribe() async throws -> any WakeUpSubscription {
        let number = state.withLock { state in
            state.subscriptions += 1
            state.open.insert(state.subscriptions)
            return state.subscriptions
        }
        return Subscription(broker: self, number: number)
    }

    public func check() async throws {}

    /// How many wake-ups wait.
    public var depth: Int { state.withLock { $0.queue.count } }

    private struct Subscription: WakeUpSubscription {
        let broker: InProcessBroker
        let number: Int

        func next() async throws -> WakeUpDelivery? {
            guard let wakeUp = await broker.next(for: number) else { return nil }
            return WakeUpDelivery(wakeUp)
        }

        func close() async { broker.close(number) }
    }

    private func next(for subscription: Int) async -> WakeUp? {
        await withCheckedContinuation { continuation in
            let answer: WakeUp?? = state.withLock { state in
                guard state.open.contains(subscription) else { return .some(nil) }
                if let wakeUp = state.queue.popFirst() { return wakeUp }
                state.waiting.append((subscription, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func close(_ subscription: Int) {
        let waiting = state.withLock { state in
            state.open.remove(subscription)
            let mine = state.waiting.filter { $0.subscription == subscription }
            state.waiting.removeAll { $0.subscription == subscription }
            return mine
        }
        for waiter in waiting { waiter.continuation.resume(returning: nil) }
    }
}
