import PixelFlowCore
import Synchronization

/// The latest committed state of recently written tasks.
///
/// Only the writing thread changes the cache: it hides tasks before a commit and puts them in after it, in the order of commits.
/// So no caller that has seen a state in the database gets an older one from the cache; only one
/// process has the database open (`DataFolder`).
final class TaskCache: Sendable {
    private enum Entry {
        case known(TaskRecord)
        /// A change is in progress; until it ends, the state of the task must be read from the database.
        case changing
    }

    private struct State {
        var tasks: [TaskID: Entry] = [:]
        /// A ring buffer of the ids in `tasks`, with the oldest one at `hand`.
        var ring: [TaskID] = []
        var hand = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func task(_ id: TaskID) -> TaskRecord? {
        guard case .known(let task) = state.withLock({ $0.tasks[id] }) else { return nil }
        return task
    }

    /// Makes readers use the database for these tasks until they are put in again.
    func hide(_ ids: some Collection<TaskID>) {
        state.withLock { state in
            for id in ids where state.tasks[id] != nil { state.tasks[id] = .changing }
        }
    }

    func put(_ tasks: some Collection<TaskRecord>) {
        state.withLock { state in
            for task in tasks { put(task, in: &state) }
        }
    }

    func remove(_ id: TaskID) {
        // The ring keeps the id, which is harmless.
        state.withLock { _ = $0.tasks.removeValue(forKey: id) }
    }

    private func put(_ task: TaskRecord, in state: inout State) {
        guard capacity > 0, state.tasks.updateValue(.known(task), forKey: task.id) == nil else { return }
        if state.ring.count < capacity {
            state.ring.append(task.id)
        } else {
            state.tasks.removeValue(forKey: state.ring[state.hand])
            state.ring[state.hand] = task.id
            state.hand = (state.hand + 1) % capacity
        }
    }
}
