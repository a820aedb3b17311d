import PixelFlowCore
import Synchronization

/// Who listens to changes within this process.
final class ChangeListeners: Sendable {
    private struct State {
        var next = 0
        var active: [Int: AsyncStream<TaskChange>.Continuation] = [:]
        var hasEnded = false
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.active.isEmpty } }

    /// A stream of changes from now on that buffers the latest `buffer` changes for a slow listener.
    func add(buffer: Int) -> AsyncStream<TaskChange> {
        let (stream, continuation) = AsyncStream.makeStream(of: TaskChange.self, bufferingPolicy: .bufferingNewest(buffer))
        let number: Int? = state.withLock { state in
            guard !state.hasEnded else { return nil }
            state.next += 1
            state.active[state.next] = continuation
            return state.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number) }
        return stream
    }

    func deliver(_ changes: [TaskChange]) {
        let continuations = state.withLock { Array($0.active.values) }
        for change in changes {
            for continuation in continuations { continuation.yield(change) }
        }
    }

    /// Ends all streams, and those that are asked for later.
    func end() {
        let continuations = state.withLock { state in
            state.hasEnded = true
            return Array(state.active.values)
        }
        continuations.forEach { $0.finish() }
    }

    private func remove(_ number: Int) { state.withLock { _ = $0.active.removeValue(forKey: number) } }
}
