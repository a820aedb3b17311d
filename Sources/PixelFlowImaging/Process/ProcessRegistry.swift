import Glibc
import PixelFlowCore
import Synchronization

/// The current processes of the pool, for shutdown and metrics.
final class ProcessRegistry: Sendable {
    private struct State {
        var processes: [ChildProcess?]
        var up = 0
        var ended = 0
    }

    private let state: Mutex<State>
    private let allAreUp = AsyncLatch()
    private let allHaveEnded = AsyncLatch()

    /// - Parameter slots: at least one.
    init(slots: Int) { state = Mutex(State(processes: Array(repeating: nil, count: slots))) }

    var identifiers: [pid_t] { state.withLock { $0.processes }.compactMap { $0?.identifier } }

    func set(_ process: ChildProcess?, at index: Int) { state.withLock { $0.processes[index] = process } }

    func slotIsUp() { count(\.up, allAreUp) }

    func slotHasEnded() { count(\.ended, allHaveEnded) }

    /// Returns when every slot has tried to start its process, or the task is cancelled.
    func allUp() async { await allAreUp.wait() }

    /// Returns when every thread of the pool has ended.
    func allEnded() async {
        // In a task of its own, because threads must not outlive the pool even if the caller is cancelled.
        await Task { [allHaveEnded] in _ = await allHaveEnded.wait() }.value
    }

    private func count(_ number: WritableKeyPath<State, Int>, _ all: AsyncLatch) {
        let isComplete = state.withLock { state in
            state[keyPath: number] += 1
            return state[keyPath: number] >= state.processes.count
        }
        if isComplete { all.fire() }
    }
}
