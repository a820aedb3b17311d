import Glibc
import Synchronization

/// Records whether an allocation of the job has failed. A decoder reports this as a failed decode, which looks like damage.
enum MemoryShortage {
    private static let isNoted = Atomic(false)
    /// The thread of the job.
    private static let thread = Atomic<UInt>(0)

    /// Starts a new job on this thread.
    static func forget() {
        errno = 0
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        isNoted.store(false, ordering: .relaxed)
    }

    /// Examines the failure `text` that libvips has just reported. What fails on other threads is not of this job: they may also have
    /// kept the error number of something long past.
    static func note(_ text: String) {
        guard thread.load(ordering: .relaxed) == UInt(pthread_self()) else { return }
        if errno == ENOMEM || text.contains("out of memory") { isNoted.store(true, ordering: .relaxed) }
    }

    /// Replaces the failure of a job with its actual cause.
    static func named(_ failure: RenderError) -> RenderError {
        isNoted.load(ordering: .relaxed) ? .outOfMemory : failure
    }
}
