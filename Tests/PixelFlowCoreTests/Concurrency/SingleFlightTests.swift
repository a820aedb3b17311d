import Deadlines
import Synchronization
import TestSupport
import Testing

@testable import PixelFlowCore

/// Who starts a run, who joins it, and who is notified of its end.
@Suite struct SingleFlightStateTests {
    @Test func theFirstCallerStartsARunAndOthersJoinIt() {
        var state = SingleFlightState<String>()
        #expect(state.join(1, "a", mayStart: { true }) == .start)
        #expect(state.join(2, "b", mayStart: { true }) == .joined)
        #expect(state.land().sorted() == ["a", "b"])
        #expect(state.join(3, "c", mayStart: { true }) == .start)
    }

    @Test func aRunThatMayNotStartIsStillJoined() {
        var state = SingleFlightState<String>()
        #expect(state.join(1, "a", mayStart: { false }) == .refused)
        #expect(!state.isRunning)
        #expect(state.join(2, nil, mayStart: { true }) == .start)
        #expect(state.join(3, "c", mayStart: { false }) == .joined)
        #expect(state.land() == ["c"])
    }

    @Test func aCallerThatLeavesDoesNotEndTheRun() {
        var state = SingleFlightState<String>()
        _ = state.join(1, "a", mayStart: { true })
        let left = state.leave(1)
        #expect(left == "a")
        #expect(state.isRunning)
        let again = state.leave(1)
        #expect(again == nil)
        #expect(state.join(2, "b", mayStart: { true }) == .joined)
        #expect(state.land() == ["b"])
    }

    /// Random operations: one run at a time, and every waiter gets exactly one result.
    @Test(arguments: 0..<20 as Range<UInt64>) func everyCallerReceivesOneResponse(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var state = SingleFlightState<UInt64>()
        var waiting: Set<UInt64> = []
        var isRunning = false
        for number in 1...2000 as ClosedRange<UInt64> {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1, 2:
                let mayStart = Bool.random(using: &generator)
                let waits = Int.random(in: 0..<4, using: &generator) > 0
                let join = state.join(number, waits ? number : nil, mayStart: { mayStart })
                #expect(join == (isRunning ? .joined : mayStart ? .start : .refused))
                if join != .refused {
                    isRunning = true
                    if waits { waiting.insert(number) }
                }
            case 3:
                guard let leaver = waiting.min() else { continue }
                let left = state.leave(leaver)
                #expect(left == leaver)
                waiting.remove(leaver)
            case 4:
                let stranger = state.leave(number)
                #expect(stranger == nil)
            default:
                guard isRunning else { continue }
                let told = state.land()
                #expect(told.count == waiting.count && Set(told) == waiting)
                (isRunning, waiting) = (false, [])
            }
            #expect(state.isRunning == isRunning)
            #expect(state.waitingCount == waiting.count)
        }
    }
}

/// An operation whose end a test controls.
private final class Gated: Sendable {
    private let gate = AsyncStream.makeStream(of: Void.self)
    private let starts = Atomic<Int>(0)

    var started: Int { starts.load(ordering: .relaxed) }

    func open() { gate.continuation.finish() }

    /// - Returns: the number of the run.
    @Sendable func run() async throws -> Int {
        let number = starts.add(1, ordering: .relaxed).newValue
        try await gate.stream.end("the gate to open")
        return number
    }
}

private struct Broken: Error {}

private final class Tally: Sendable {
    private let value = Atomic<Int>(0)

    /// - Returns: the sum so far.
    @discardableResult
    func add(_ number: Int) -> Int { value.add(number, ordering: .relaxed).newValue }
}

@Suite struct SingleFlightTests {
    @Test func concurrentCallersShareOneRun() async throws {
        let (flight, work) = (SingleFlight<Int>(), Gated())
        let callers = (0..<50).map { _ in Task { try await flight.run(work.run) } }
        try await eventually("all to wait") { flight.waiting == 50 }
        work.open()
        for caller in callers { #expect(try await caller.value("a caller") == 1) }
        #expect(try await flight.run(work.run) == 2)
    }

    @Test func aCancelledCallerDoesNotAffectOthers() async throws {
        let (flight, work) = (SingleFlight<Int>(), Gated())
        let first = Task { try await flight.run(work.run) }
        try await eventually("the first to wait") { flight.waiting == 1 }
        let second = Task { try await flight.run(work.run) }
        try await eventually("both to wait") { flight.waiting == 2 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value("the cancelled") }
        work.open()
        #expect(try await second.value("the second") == 1)
    }

    @Test func aRunContinuesWithoutWaiters() async throws {
        let (flight, work) = (SingleFlight<Int>(), Gated())
        let first = Task { try await flight.run(work.run) }
        try await eventually("the first to wait") { flight.waiting == 1 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value("the cancelled") }
        let second = Task { try await flight.run(work.run) }
        try await eventually("the second to join") { flight.waiting == 1 }
        work.open()
        #expect(try await second.value("the second") == 1)
    }

    @Test func aCancelledCallerStartsNothing() async throws {
        let (flight, work) = (SingleFlight<Int>(), Gated())
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await flight.run(work.run)
        }
        await #expect(throws: CancellationError.self) { try await caller.value("the cancelled") }
        #expect(work.started == 0)
    }

    @Test func aFailureReachesAllCallersAndIsNotCached() async throws {
        let (flight, work) = (SingleFlight<Int>(), Gated())
        let callers = (0..<3).map { _ in
            Task {
                try await flight.run {
                    _ = try await work.run()
                    throw Broken()
                }
            }
        }
        try await eventually("all to wait") { flight.waiting == 3 }
        work.open()
        for caller in callers { await #expect(throws: Broken.self) { try await caller.value("a caller") } }
        #expect(try await flight.run { 7 } == 7)
    }

    @Test func aBackgroundRunIsJoined() async throws {
        let (flight, work) = (SingleFlight<Int>(), Gated())
        flight.start(work.run)
        flight.start(work.run)
        let caller = Task { try await flight.run(startingIf: { false }, work.run) }
        try await eventually("the caller to wait") { flight.waiting == 1 }
        work.open()
        #expect(try await caller.value("the caller") == 1)
        #expect(try await flight.run(startingIf: { false }, work.run) == nil)
        flight.start(if: { false }, work.run)
        #expect(work.started == 1)
    }

    @Test func anyOrderOfJoinsCancellationsAndEndsResumesEveryCaller() async throws {
        let flight = SingleFlight<Int>()
        let running = Tally()
        try await within(.testDeadline, "every caller to receive the value") {
            await withDiscardingTaskGroup { group in
                for number in 0..<2000 {
                    let caller = Task {
                        try await flight.run {
                            defer { running.add(-1) }
                            #expect(running.add(1) == 1)
                            await Task.yield()
                            if number.isMultiple(of: 5) { throw Broken() }
                            return number
                        }
                    }
                    if number.isMultiple(of: 3) { group.addTask { caller.cancel() } }
                    group.addTask { _ = await caller.result }
                }
            }
        }
        #expect(flight.waiting == 0)
    }
}

@Suite struct AsyncLazyTests {
    @Test func loadsOnceAndCachesTheValue() async throws {
        let work = Gated()
        let lazy = AsyncLazy(work.run)
        let load: @Sendable () async throws -> Int = { try await within(.testDeadline, "the value") { try await lazy.value } }
        let callers = (0..<20).map { _ in Task { try await load() } }
        try await eventually("the load to start") { work.started == 1 }
        work.open()
        for caller in callers { #expect(try await caller.value("a caller") == 1) }
        #expect(try await load() == 1)
        #expect(work.started == 1)
    }

    @Test func retriesAfterAFailure() async throws {
        let loads = Tally()
        let lazy = AsyncLazy<Int> {
            let number = loads.add(1)
            if number == 1 { throw Broken() }
            return number
        }
        let load: @Sendable () async throws -> Int = { try await within(.testDeadline, "the value") { try await lazy.value } }
        await #expect(throws: Broken.self) { try await load() }
        #expect(try await load() == 2)
        #expect(try await load() == 2)
    }
}
