import Foundation
import PixelFlowCore
import WireFormats

/// Hands jobs to the threads of the pool in the order of the schedule.
///
/// Not an `AsyncSemaphore`: it matches jobs with particular slots, by tenant and requirements, whereas a semaphore counts
/// interchangeable permits. In addition, slot threads wait here for jobs, not the other way round.
///
/// `@unchecked`: the schedule is accessed only while the condition's lock is held.
final class RenderQueue: @unchecked Sendable {
    private var schedule: RenderSchedule<RenderWork>
    private let changed = NSCondition()

    init(slots: Int) { schedule = RenderSchedule(slots: slots) }

    /// - Returns: false if the queue is closed.
    func add(_ work: RenderWork) -> Bool {
        changed.withLock {
            guard schedule.isOpen else { return false }
            schedule.add(work, tenant: work.job.tenant, lane: work.job.lane, runsAlone: work.job.runsAlone, at: .now)
            changed.broadcast()
            return true
        }
    }

    /// Blocks the calling thread until there is a job for its slot; nil once the queue is closed and empty.
    ///
    /// - Parameter isFresh: whether the worker's process has not served any tenant yet.
    /// - Returns: the job, and whether it needs a new process.
    func next(for slot: Int, isFresh: Bool) -> (work: RenderWork, needsFresh: Bool)? {
        changed.withLock {
            schedule.becomesIdle(slot, isFresh: isFresh, at: .now)
            changed.broadcast()
            while true {
                switch schedule.next(for: slot, at: .now) {
                case .run(let work, let fresh):
                    // Now another slot may be the best for a job.
                    changed.broadcast()
                    return (work, fresh)
                case .wait(until: nil): changed.wait()
                case .wait(let time?): changed.wait(until: Date(timeIntervalSinceNow: ContinuousClock.now.duration(to: time).seconds))
                case .end: return nil
                }
            }
        }
    }

    /// Records how long the start of a process took.
    func note(start: Duration) { changed.withLock { schedule.note(start: start) } }

    /// Accepts no more jobs. Waiting ones are still started.
    func close() {
        changed.withLock {
            schedule.close()
            changed.broadcast()
        }
    }
}
