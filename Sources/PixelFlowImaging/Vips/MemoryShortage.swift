import Glibc
import Synchronization

/// Whether a job has been refused memory. A decoder that gets none says that it could not decode, which sounds like damage.
enum MemoryShortage {
    private static let isNoted = Atomic(false)

    /// A new job.
    static func forget() {
        errno = 0
        isNoted.store(false, ordering: .relaxed)
    }

    /// libvips has failed, just now, with `text`.
    static func note(_ text: String) {
        if errno == ENOMEM || text.contains("out of memory") { isNoted.store(true, ordering: .relaxed) }
    }

    /// Replaces the failure of a job by its real cause.
    static func named(_ failure: RenderError) -> RenderError {
        isNoted.load(ordering: .relaxed) ? .outOfMemory : failure
    }
}
