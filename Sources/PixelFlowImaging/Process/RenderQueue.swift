import Foundation
import PixelFlowCore
import WireFormats

/// Hands jobs to the threads of the pool, as the schedule says.
///
/// Not an `AsyncSemaphore`: it matches jobs with particular slots, by tenant and by what a job needs, where a semaphore only
/// counts permits that are alike; and those that wait here are the threads of the slots, for jobs.
///
/// `@unchecked`: the schedule is touched with the condition's lock held, and nowhere else.
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
                    // Another slot may be the best one for a job now.
                    changed.broadcast()
                    return (work, fresh)
                case .wait(until: nil): changed.wait()
                case .wait(let time?): changed.wait(until: Date(timeIntervalSinceNow: ContinuousClock.now.duration(to: time).seconds))
                case .end: return nil
                }
            }
        }
    }

    /// A process has taken this long to start.
    func note(start: Duration) { changed.withLock { schedule.note(start: start) } }

    /// Accepts no more jobs. Waiting ones are still started.
    func close() {
        changed.withLock {
            schedule.close()
            changed.broadcast()
        }
    }
}
