import PixelFlowCore
import Testing

@testable import PixelFlowImaging

/// Assigns jobs with a clock that the test controls.
@Suite struct RenderSchedules {
    private let start = ContinuousClock.now
    private let ann = TenantID("ann")
    private let bob = TenantID("bob")

    /// A schedule with idle slots whose processes have not served any tenant.
    private func schedule(slots: Int) -> RenderSchedule<String> {
        var schedule = RenderSchedule<String>(slots: slots)
        for slot in 0..<slots { schedule.becomesIdle(slot, isFresh: true, at: start) }
        return schedule
    }

    /// A description of what a slot does.
    private func turn(_ schedule: inout RenderSchedule<String>, _ slot: Int, after milliseconds: Int = 0) -> String {
        switch schedule.next(for: slot, at: start + .milliseconds(milliseconds)) {
        case .run(let job, let fresh): fresh ? "\(job), fresh" : job
        case .wait(let time): time.map { "wait \(start.duration(to: $0) / .milliseconds(1))" } ?? "wait"
        case .end: "end"
        }
    }

    private func add(
        _ job: String, _ tenant: TenantID?, lane: Lane = .normal, alone: Bool = false, after milliseconds: Int = 0,
        to schedule: inout RenderSchedule<String>
    ) {
        schedule.add(job, tenant: tenant, lane: lane, runsAlone: alone, at: start + .milliseconds(milliseconds))
    }

    private func finish(_ slot: Int, after milliseconds: Int = 0, in schedule: inout RenderSchedule<String>) {
        schedule.becomesIdle(slot, isFresh: false, at: start + .milliseconds(milliseconds))
    }

    @Test func alternatingTenantsKeepTheirSlots() {
        var schedule = schedule(slots: 2)
        for round in 0..<10 {
            add("a\(round)", ann, to: &schedule)
            add("b\(round)", bob, to: &schedule)
            // The slots ask in either order.
            let first = round % 2
            let turns = [turn(&schedule, first), turn(&schedule, 1 - first)]
            #expect(Set(turns) == ["a\(round)", "b\(round)"])
            if round > 0 { #expect(turns[first] == "a\(round)") }
            finish(0, in: &schedule)
            finish(1, in: &schedule)
        }
    }

    @Test func anotherTenantGetsAFreshProcess() {
        var schedule = schedule(slots: 1)
        add("a", ann, to: &schedule)
        #expect(turn(&schedule, 0) == "a")
        add("b", bob, to: &schedule)
        finish(0, in: &schedule)
        #expect(turn(&schedule, 0) == "b, fresh")
        add("b2", bob, to: &schedule)
        finish(0, in: &schedule)
        #expect(turn(&schedule, 0) == "b2")
    }

    @Test func aJobWaitsBrieflyForABusySlotOfItsTenant() {
        var schedule = schedule(slots: 2)
        add("a", ann, to: &schedule)
        add("b", bob, to: &schedule)
        #expect(turn(&schedule, 0) == "a")
        #expect(turn(&schedule, 1) == "b")
        add("a2", ann, to: &schedule)
        finish(1, in: &schedule)
        #expect(turn(&schedule, 1) == "wait 50.0")
        #expect(turn(&schedule, 1, after: 50) == "a2, fresh")
    }

    @Test func theStartEstimateIsClamped() {
        var schedule = schedule(slots: 1)
        for (start, startEstimate) in [(1, 20), (300, 300), (5000, 1000)] {
            schedule.note(start: .milliseconds(start))
            #expect(schedule.startEstimate == .milliseconds(startEstimate))
        }
    }

    @Test func aSlotStaysWithItsTenantForALimitedTime() {
        var schedule = schedule(slots: 1)
        add("a", ann, to: &schedule)
        #expect(turn(&schedule, 0) == "a")
        add("b", bob, to: &schedule)
        var taken: [String] = []
        for round in 1...20 where taken.last != "b, fresh" {
            add("a\(round)", ann, after: round * 100, to: &schedule)
            finish(0, after: round * 100, in: &schedule)
            taken.append(turn(&schedule, 0, after: round * 100))
        }
        #expect(taken == ["a1", "a2", "a3", "a4", "b, fresh"])
    }

    @Test func higherPriorityComesFirstWhicheverTenantHasTheSlot() {
        var schedule = schedule(slots: 1)
        add("a", ann, lane: .low, to: &schedule)
        #expect(turn(&schedule, 0) == "a")
        add("a2", ann, lane: .low, to: &schedule)
        add("b", bob, to: &schedule)
        add("a3", ann, to: &schedule)
        add("b2", bob, lane: .high, to: &schedule)
        finish(0, in: &schedule)
        #expect(turn(&schedule, 0) == "b2, fresh")
        finish(0, in: &schedule)
        // With equal priorities, the slot's own tenant comes first.
        #expect(turn(&schedule, 0) == "b")
        finish(0, in: &schedule)
        #expect(turn(&schedule, 0) == "a3, fresh")
        finish(0, in: &schedule)
        #expect(turn(&schedule, 0) == "a2")
    }

    @Test func aJobThatRunsAloneIsNotOvertakenByAHigherPriority() {
        var schedule = schedule(slots: 1)
        add("a", ann, lane: .low, alone: true, to: &schedule)
        add("b", bob, lane: .high, to: &schedule)
        #expect(turn(&schedule, 0) == "a")
        finish(0, in: &schedule)
        #expect(turn(&schedule, 0) == "b, fresh")
    }

    @Test func aJobThatRunsAloneWaitsForIdleSlotsAndBlocksLaterJobs() {
        var schedule = schedule(slots: 2)
        add("a", ann, to: &schedule)
        #expect(turn(&schedule, 0) == "a")
        add("suspect", ann, alone: true, to: &schedule)
        add("b", bob, to: &schedule)
        #expect(turn(&schedule, 1, after: 1000) == "wait")
        finish(0, in: &schedule)
        #expect(turn(&schedule, 1) == "wait")
        #expect(turn(&schedule, 0) == "suspect")
        #expect(turn(&schedule, 1, after: 2000) == "wait")
        // A second one does not run immediately after the first.
        add("suspect 2", ann, alone: true, to: &schedule)
        add("c", bob, to: &schedule)
        finish(0, in: &schedule)
        #expect(turn(&schedule, 1) == "b")
        finish(1, in: &schedule)
        #expect(turn(&schedule, 1) == "c")
        #expect(turn(&schedule, 0) == "wait")
        finish(1, in: &schedule)
        #expect(turn(&schedule, 0) == "suspect 2")
    }

    @Test func jobsWaitingAtShutdownAreStillDone() {
        var schedule = schedule(slots: 1)
        add("a", nil, to: &schedule)
        schedule.close()
        #expect(turn(&schedule, 0) == "a")
        finish(0, in: &schedule)
        #expect(turn(&schedule, 0) == "end")
    }
}
