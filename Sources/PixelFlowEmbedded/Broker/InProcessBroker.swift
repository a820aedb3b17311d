import DequeModule
import Logging
package import PixelFlowCore
import Synchronization

/// Dispatch messages within one process. They are lost when the process ends, which the task protocol allows.
package final class InProcessBroker: TaskBroker {
    private struct State {
        var queues: [Lane: Deque<DispatchMessage>] = [:]
        var turns = WeightedTurns.lanes
        var waiting: [(subscription: Int, continuation: CheckedContinuation<DispatchMessage?, Never>)] = []
        var open: Set<Int> = []
        var subscriptions = 0

        var count: Int { queues.values.reduce(0) { $0 + $1.count } }

        mutating func pop() -> DispatchMessage? {
            guard let lane = turns.next(where: { queues[$0]?.isEmpty == false }) else { return nil }
            return queues[lane]?.popFirst()
        }
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: the maximum number of waiting dispatch messages; further ones are rejected, and the dispatcher retries.
    package init(capacity: Int = 100_000) { self.capacity = capacity }

    /// - Throws: `PixelFlowError` with `retry == .outage` while the queue is full.
    package func publish(_ messages: [DispatchMessage]) async throws {
        let handed = try state.withLock { state in
            guard state.count + messages.count <= capacity else { throw PixelFlowError.unavailable("broker") }
            for message in messages { state.queues[message.lane, default: []].append(message) }
            var handed: [(CheckedContinuation<DispatchMessage?, Never>, DispatchMessage)] = []
            while !state.waiting.isEmpty, let next = state.pop() {
                handed.append((state.waiting.removeFirst().continuation, next))
            }
            return handed
        }
        for (continuation, message) in handed { continuation.resume(returning: message) }
    }

    /// Does nothing: a failed task stays in the task store, from which it is listed and replayed.
    package func deadLetter(_ task: TaskRecord) async throws {}

    package func subscribe() async throws -> any DispatchSubscription {
        let number = state.withLock { state in
            state.subscriptions += 1
            state.open.insert(state.subscriptions)
            return state.subscriptions
        }
        return Subscription(broker: self, number: number)
    }

    package func check() async throws {}

    /// The number of waiting dispatch messages.
    package var depth: Int { state.withLock { $0.count } }

    private struct Subscription: DispatchSubscription {
        let broker: InProcessBroker
        let number: Int

        func next() async throws -> DispatchDelivery? {
            guard let message = await broker.next(for: number) else { return nil }
            return DispatchDelivery(message)
        }

        func close() async { broker.close(number) }
    }

    private func next(for subscription: Int) async -> DispatchMessage? {
        await withCheckedContinuation { continuation in
            let result: DispatchMessage?? = state.withLock { state in
                guard state.open.contains(subscription) else { return .some(nil) }
                if let message = state.pop() { return message }
                state.waiting.append((subscription, continuation))
                return nil
            }
            if let result { continuation.resume(returning: result) }
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
