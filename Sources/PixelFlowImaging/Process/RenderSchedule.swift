import PixelFlowCore

/// Assigns jobs to the slots of the pool: a pure state machine that receives the time as input.
///
/// Jobs run by priority, and those of one priority first come, first served, with two exceptions. A process serves one tenant,
/// and starting one costs more than many jobs. So a slot prefers jobs of its tenant, and a job may briefly wait for a slot of its
/// tenant. Both delays are bounded. A job that must run alone waits until nothing else runs, and later jobs wait for it.
struct RenderSchedule<Job> {
    typealias Instant = ContinuousClock.Instant

    /// The next step of a slot.
    enum Turn {
        /// - Parameter fresh: whether the job needs a new process because the slot's process has served another tenant.
        case run(Job, fresh: Bool)
        /// Nothing to run now. Ask again at the given time or after a change.
        case wait(until: Instant?)
        /// The schedule is closed and empty.
        case end
    }

    /// How long a job waits for a busy slot of its tenant instead of using another one: the time that the start of a process
    /// takes, clamped, so that waiting never costs more than it can save.
    private(set) var startEstimate = Duration.milliseconds(50)
    /// How long jobs of a slot's own tenant may overtake an earlier job of the same priority.
    private var fairness: Duration { max(.milliseconds(500), startEstimate * 2) }

    private struct Entry {
        let job: Job
        let tenant: TenantID?
        let lane: Lane
        let runsAlone: Bool
        let since: Instant
    }

    private enum Occupant: Equatable {
        case unused
        case tenant(TenantID?)
    }

    private struct Slot {
        var occupant = Occupant.unused
        var isBusy = true
        var idleSince = ContinuousClock.now
    }

    private var waiting: [Entry] = []
    private var slots: [Slot]
    private var someoneRunsAlone = false
    private(set) var isOpen = true

    /// Every slot counts as busy until its first request for a job.
    init(slots: Int) { self.slots = Array(repeating: Slot(), count: slots) }

    /// Records how long the start of a process took.
    mutating func note(start: Duration) { startEstimate = min(max(start, .milliseconds(20)), .seconds(1)) }

    /// Jobs of a higher priority do not overtake a waiting job that must run alone. Few jobs wait here at a time, but an endless
    /// stream of them could otherwise delay it forever.
    mutating func add(_ job: Job, tenant: TenantID?, lane: Lane = .normal, runsAlone: Bool, at now: Instant) {
        let entry = Entry(job: job, tenant: tenant, lane: lane, runsAlone: runsAlone, since: now)
        let before = waiting.lastIndex { $0.runsAlone || $0.lane <= lane }
        waiting.insert(entry, at: before.map { $0 + 1 } ?? 0)
    }

    /// Accepts no more jobs. Waiting ones are still started.
    mutating func close() { isOpen = false }

    /// The slot becomes idle.
    ///
    /// - Parameter isFresh: whether its process has not served a tenant yet.
    mutating func becomesIdle(_ slot: Int, isFresh: Bool, at now: Instant) {
        if someoneRunsAlone, slots[slot].isBusy {
            someoneRunsAlone = false
            // Jobs that wait now run before the next job that must run alone.
            waiting = waiting.filter { !$0.runsAlone } + waiting.filter(\.runsAlone)
        }
        slots[slot].isBusy = false
        slots[slot].idleSince = now
        if isFresh { slots[slot].occupant = .unused }
    }

    mutating func next(for slot: Int, at now: Instant) -> Turn {
        if waiting.isEmpty { return isOpen ? .wait(until: nil) : .end }
        guard !someoneRunsAlone else { return .wait(until: nil) }
        if waiting[0].runsAlone {
            let isQuiet = slots.indices.allSatisfy { !slots[$0].isBusy }
            return isQuiet && best(for: waiting[0]) == slot ? start(0, in: slot) : .wait(until: nil)
        }
        var again: Instant?
        var own: Int?
        for (index, entry) in waiting.enumerated() {
            // Jobs that came after a job that must run alone would only delay it.
            if entry.runsAlone { break }
            if slots[slot].occupant == .tenant(entry.tenant) {
                own = index
                break
            }
            // Another slot is better; if idle, it takes the job immediately.
            guard best(for: entry) == slot else { continue }
            let mayStart = slots[slot].occupant == .unused || !isBusy(with: entry.tenant) ? entry.since : entry.since + startEstimate
            let isOverdue = now >= entry.since + fairness
            if now < mayStart {
                again = min(again ?? mayStart, mayStart)
            } else if isOverdue || !hasOwn(slot, before: entry.lane) {
                return start(index, in: slot)
            }
        }
        if let own { return start(own, in: slot) }
        return .wait(until: again)
    }

    private mutating func start(_ index: Int, in slot: Int) -> Turn {
        let entry = waiting.remove(at: index)
        let occupant = Occupant.tenant(entry.tenant)
        let needsFresh = slots[slot].occupant != .unused && slots[slot].occupant != occupant
        slots[slot].occupant = occupant
        slots[slot].isBusy = true
        someoneRunsAlone = entry.runsAlone
        return .run(entry.job, fresh: needsFresh)
    }

    /// The cheapest idle slot for the job: one of its tenant, else an unused one, else the one that has been idle longest.
    private func best(for entry: Entry) -> Int? {
        let idle = slots.indices.filter { !slots[$0].isBusy }
        return idle.first { slots[$0].occupant == .tenant(entry.tenant) } ?? idle.first { slots[$0].occupant == .unused }
            ?? idle.min { slots[$0].idleSince < slots[$1].idleSince }
    }

    private func isBusy(with tenant: TenantID?) -> Bool { slots.contains { $0.isBusy && $0.occupant == .tenant(tenant) } }

    /// Whether a job of the slot's tenant with the same or a higher priority waits.
    private func hasOwn(_ slot: Int, before lane: Lane) -> Bool {
        waiting.prefix { !$0.runsAlone && $0.lane <= lane }.contains { slots[slot].occupant == .tenant($0.tenant) }
    }
}
