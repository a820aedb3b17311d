import PixelFlowCache
import PixelFlowCore
import Synchronization

/// The last known state of the tasks that this process has claimed, so that a run
/// can be ended without reading its task again. If it is stale, the compare-and-set fails and the task is read.
final class ClaimCache: Sendable {
    private let documents: Mutex<BoundedEntries<TaskID, TaskDocument>>

    /// - Parameter capacity: by default far more than the slots of a worker; evicting a document costs a read.
    init(capacity: Int = 1000) { documents = Mutex(BoundedEntries(limits: .entries(capacity))) }

    /// The cached document of the task that `claim` holds.
    func document(of claim: Claim) -> TaskDocument? {
        guard let document = documents.withLock({ $0.use(claim.task) }), document.record.claim == claim else { return nil }
        return document
    }

    func put(_ document: TaskDocument) { documents.withLock { $0.put(document, for: document.record.id) } }

    func remove(_ id: TaskID) { documents.withLock { $0.remove(id) } }
}
