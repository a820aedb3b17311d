import PixelFlowCore
import Synchronization

/// The last known state of the tasks that this process has claimed, so that a run
/// can be ended without reading its task again. If it is stale, the compare-and-set fails and the task is read.
final class ClaimCache: Sendable {
    private struct State {
        var documents: [TaskID: TaskDocument] = [:]
        /// Oldest first; may contain ids that are no longer in `documents`, and duplicates.
        var order: [TaskID] = []
    }

    private let state = Mutex(State())
    /// Far more than the slots of a worker; evicting an entry costs a read.
    private let capacity: Int

    init(capacity: Int = 1000) { self.capacity = capacity }

    /// The cached document of the task that `claim` holds.
    func document(of claim: Claim) -> TaskDocument? {
        guard let document = state.withLock({ $0.documents[claim.task] }), document.record.claim == claim else { return nil }
        return document
    }

    func put(_ document: TaskDocument) {
        state.withLock { state in
            if state.documents.updateValue(document, forKey: document.record.id) == nil { state.order.append(document.record.id) }
            guard state.order.count > capacity else { return }
            // Remove many at once, because removing from the front is linear in the length of the array.
            let kept = state.order.suffix(capacity / 2)
            let keptIDs = Set(kept)
            state.documents = state.documents.filter { keptIDs.contains($0.key) }
            state.order = Array(kept)
        }
    }

    func remove(_ id: TaskID) {
        state.withLock { _ = $0.documents.removeValue(forKey: id) }
    }
}
