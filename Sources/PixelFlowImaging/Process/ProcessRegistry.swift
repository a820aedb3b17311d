import Glibc
import Synchronization

/// The current processes of the pool, for shutdown and metrics.
final class ProcessRegistry: Sendable {
    private struct State {
        var processes: [ChildProcess?]
        var up = 0
        var ended = 0
        var waiting: [(all: Int, up: Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    init(slots: Int) { state = Mutex(State(processes: Array(repeating: nil, count: slots))) }

    var identifiers: [pid_t] { state.withLock { $0.processes }.compactMap { $0?.identifier } }

    func set(_ process: ChildProcess?, at index: Int) { state.withLock { $0.processes[index] = process } }

    func slotIsUp() { note { $0.up += 1 } }

    func slotHasEnded() { note { $0.ended += 1 } }

    /// Returns when every slot has tried to start its process.
    func allUp() async { await wait(up: true) }

    /// Returns when every thread of the pool has ended.
    func allEnded() async { await wait(up: false) }

    private func note(_ change: (inout State) -> Void) {
        let done = state.withLock { state in
            change(&state)
            let reached = state.waiting.filter { $0.all <= ($0.up ? state.up : state.ended) }
            state.waiting.removeAll { $0.all <= ($0.up ? state.up : state.ended) }
            return reached
        }
        done.forEach { $0.continuation.resume() }
    }

    private func wait(up: Bool) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                let all = state.processes.count
                if (up ? state.up : state.ended) >= all { return true }
                state.waiting.append((all, up, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}
