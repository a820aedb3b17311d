import PixelFlowCore
import Synchronization

/// The latest committed state of recently written tasks.
///
/// Only the writing thread puts tasks in, after their commit and in its order, so that the cache
/// never holds less than the database: one process alone has the database open (`DataFolder`).
final class TaskCache: Sendable {
    private struct State {
        var tasks: [TaskID: TaskRecord] = [:]
        /// A ring of the ids in `tasks`, oldest at `hand`.
        var ring: [TaskID] = []
        var hand = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func task(_ id: TaskID) -> TaskRecord? {
        state.withLock { $0.tasks[id] }
    }

    func put(_ tasks: some Collection<TaskRecord>) {
        state.withLock { state in
            for task in tasks { put(task, in: &state) }
        }
    }

    func remove(_ id: TaskID) {
        // The ring keeps the id; meeting an id that is gone is harmless there.
        state.withLock { _ = $0.tasks.removeValue(forKey: id) }
    }

    private func put(_ task: TaskRecord, in state: inout State) {
        guard state.tasks.updateValue(task, forKey: task.id) == nil else { return }
        if state.ring.count < capacity {
            state.ring.append(task.id)
        } else {
            state.tasks.removeValue(forKey: state.ring[state.hand])
            state.ring[state.hand] = task.id
            state.hand = (state.hand + 1) % capacity
        }
    }
}
