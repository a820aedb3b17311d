import Glibc
import Synchronization

/// Records whether an allocation of the job has failed. A decoder reports this as a failed decode, which looks like damage.
enum MemoryShortage {
    private static let isNoted = Atomic(false)

    /// Starts a new job.
    static func forget() {
        errno = 0
        isNoted.store(false, ordering: .relaxed)
    }

    /// Examines the failure `text` that libvips has just reported.
    static func note(_ text: String) {
        if errno == ENOMEM || text.contains("out of memory") { isNoted.store(true, ordering: .relaxed) }
    }

    /// Replaces the failure of a job with its actual cause.
    static func named(_ failure: RenderError) -> RenderError {
        isNoted.load(ordering: .relaxed) ? .outOfMemory : failure
    }
}
