import PixelFlowCore
import Synchronization

/// Merges the subscriptions of the lanes according to their weights.
///
/// librdkafka determines the order of messages of one consumer, and pausing a topic discards its prefetched messages.
/// Therefore each lane has its own consumer, and its messages wait here for their turn: at most `ahead` per lane,
/// unsettled, like those in the consumer's own buffer.
final class LanedSubscription: DispatchSubscription {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<DispatchDelivery?, any Error>
    }

    private struct State {
        var turns = WeightedTurns.lanes
        var ready: [Lane: [DispatchDelivery]] = [:]
        /// Lanes with a pending receive.
        var receiving: Set<Lane> = []
        var waiters: [Waiter] = []
        var next = 0
        var isClosed = false

        mutating func pop() -> DispatchDelivery? {
            guard let lane = turns.next(where: { ready[$0]?.isEmpty == false }) else { return nil }
            return ready[lane]?.removeFirst()
        }
    }

    private let lanes: [Lane: DispatchConsumer]
    private let ahead: Int
    private let state = Mutex(State())

    init(_ lanes: [Lane: DispatchConsumer], ahead: Int) {
        self.lanes = lanes
        self.ahead = ahead
    }

    func next() async throws -> DispatchDelivery? {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in wait(Waiter(number: number, continuation: continuation)) }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func wait(_ waiter: Waiter) {
        let result: Result<DispatchDelivery?, any Error>? = state.withLock { state in
            if Task.isCancelled { return .failure(CancellationError()) }
            if state.isClosed { return .success(nil) }
            if let delivery = state.pop() { return .success(delivery) }
            state.waiters.append(waiter)
            return nil
        }
        if let result { waiter.continuation.resume(with: result) }
        receive()
    }

    func close() async {
        let (waiters, _) = state.withLock { state in
            state.isClosed = true
            // Released unsettled, they are delivered to other workers.
            defer { (state.waiters, state.ready) = ([], [:]) }
            return (state.waiters, state.ready)
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        await withDiscardingTaskGroup { group in
            for consumer in lanes.values { group.addTask { await consumer.stop() } }
        }
        await withDiscardingTaskGroup { group in
            for consumer in lanes.values { group.addTask { await consumer.close() } }
        }
    }

    /// Receives from each lane until enough messages wait here. Receives nothing before a caller waits for a message, and
    /// then only as many as will be requested soon.
    private func receive() {
        for (lane, consumer) in lanes {
            let mayStart = state.withLock { state in
                guard !state.isClosed, state.ready[lane, default: []].count < ahead else { return false }
                return state.receiving.insert(lane).inserted
            }
            guard mayStart else { continue }
            Task { await receive(lane, from: consumer) }
        }
    }

    private func receive(_ lane: Lane, from consumer: DispatchConsumer) async {
        var isDone = false
        while !isDone {
            let outcome: Result<DispatchDelivery?, any Error>
            do {
                outcome = .success(try await consumer.next())
            } catch {
                outcome = .failure(error)
            }
            let (resumed, result): ([Waiter], Result<DispatchDelivery?, any Error>) = state.withLock { state in
                switch outcome {
                case .success(let delivery?) where !state.isClosed:
                    state.ready[lane, default: []].append(delivery)
                    isDone = state.ready[lane, default: []].count >= ahead
                case .success:
                    // Closed by either side.
                    isDone = true
                    state.isClosed = true
                    defer { state.waiters = [] }
                    return (state.waiters, .success(nil))
                case .failure(let error):
                    isDone = true
                    state.receiving.remove(lane)
                    return (state.waiters.isEmpty ? [] : [state.waiters.removeFirst()], .failure(error))
                }
                if isDone { state.receiving.remove(lane) }
                guard !state.waiters.isEmpty, let delivery = state.pop() else { return ([], .success(nil)) }
                return ([state.waiters.removeFirst()], .success(delivery))
            }
            for waiter in resumed { waiter.continuation.resume(with: result) }
            if !resumed.isEmpty { receive() }
        }
    }
}
