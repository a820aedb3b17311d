import Glibc
import PixelFlowCore
import Synchronization

/// Records whether an allocation of the job has failed. A decoder reports this as a failed decode, which looks like damage.
enum MemoryShortage {
    /// Whether an allocation has failed in the present or latest job of each thread. A render process has one; tests run several.
    private static let jobs = Mutex<[UInt: Bool]>([:])

    /// Whether the memory of this process is limited. Without a limit, the error number says nothing: the C library also sets it when it
    /// cannot extend its heap in place and then succeeds elsewhere.
    private static let isLimited = Atomic(false)

    /// Tells that the memory of this process is limited from now on.
    static func limitApplies() { isLimited.store(true, ordering: .relaxed) }

    private static var thread: UInt { UInt(pthread_self()) }

    /// Starts a new job, or the next output of a job, on this thread.
    static func forget() {
        errno = 0
        jobs.withLock { $0[thread] = false }
    }

    /// Examines the failure `text` that libvips has just reported. What fails on other threads is not of this job: they may also have
    /// kept the error number of something long past.
    static func note(_ text: String) {
        let isExhausted = errno == ENOMEM && isLimited.load(ordering: .relaxed)
        guard isExhausted || text.contains("out of memory") else { return }
        jobs.withLock { jobs in
            if jobs[thread] != nil { jobs[thread] = true }
        }
    }

    private static var isNoted: Bool { jobs.withLock { $0[thread] == true } }

    /// Replaces the failure of the job of this thread with its actual cause.
    static func named(_ failure: RenderError) -> RenderError { isNoted ? .outOfMemory : failure }

    /// Replaces the failure of an output of this thread, which libvips has reported, with its actual cause.
    static func named(_ failure: OutputError) -> OutputError { isNoted ? .outOfMemory : failure }
}
