import Deadlines
import Dispatch
import NIOPosix
import PixelFlowCore
import PixelFlowFetch
import Synchronization
import Testing
import WireFormats

/// How the threads of the resolver are shared. Lookups of names that begin with `dead` hang until the test releases them.
@Suite(.timeLimit(.minutes(2))) struct ResolverTests {
    private static let limits = LookupLimits(threads: 4, threadsOfOneTenant: 2, threadsOfOneZone: 3)

    /// A resolver and the lookups that it has made.
    private struct Harness: Sendable {
        let resolver: SystemResolver
        private let questions: AsyncStream<String>
        private let gate: DispatchSemaphore
        private let asked: SharedList

        private final class SharedList: Sendable {
            let names = Mutex<[String]>([])
        }

        var names: [String] { asked.names.withLock { $0 } }

        static func run(_ limits: LookupLimits = ResolverTests.limits, _ body: (Harness) async throws -> Void) async throws {
            let threads = NIOThreadPool(numberOfThreads: limits.threads)
            threads.start()
            let (questions, question) = AsyncStream.makeStream(of: String.self)
            let gate = DispatchSemaphore(value: 0)
            let asked = SharedList()
            let resolver = SystemResolver(threads: threads, limits: limits) { name in
                asked.names.withLock { $0.append(name) }
                question.yield(name)
                guard name.hasPrefix("dead") else { return [.v4(0x0102_0304)] }
                _ = gate.wait(timeout: .now() + 60)
                gate.signal()
                throw PixelFlowError(.unavailable, code: "name_not_resolved", "No response.", retry: .transient)
            }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(Harness(resolver: resolver, questions: questions, gate: gate, asked: asked)))
            } catch {
                result = .failure(error)
            }
            gate.signal()
            try await threads.shutdownGracefully()
            try result.get()
        }

        /// Ends all lookups that hang now or later.
        func letGo() { gate.signal() }

        /// Waits until this many names have been looked up.
        func questions(_ count: Int) async throws {
            var iterator = questions.makeAsyncIterator()
            for number in 0..<count { _ = try #require(try await iterator.next("question \(number + 1)")) }
        }

        /// Waits until this many callers wait.
        func waiting(_ count: Int) async throws {
            try await eventually("\(count) waiting callers") { resolver.waiting == count }
        }

        func ask(_ name: String, _ tenant: String) -> Task<[IPAddress], any Error> {
            Task { [resolver] in try await resolver.addresses(of: name, for: TenantID(tenant)) }
        }
    }

    @Test func hangingNamesOfOneOrganisationLeaveThreadsToOthers() async throws {
        try await Harness.run { harness in
            let dead = (0..<20).map { harness.ask("dead.zone\($0).example", "one") }
            try await harness.questions(2)
            let others = (0..<10).map { harness.ask("pictures\($0).example", "other \($0)") }
            for other in others { #expect(try await other.value("the addresses") == [.v4(0x0102_0304)]) }
            #expect(harness.names.count { $0.hasPrefix("dead") } == 2)
            for task in dead { task.cancel() }
        }
    }

    @Test func hangingDomainLeavesThreadsToOthers() async throws {
        try await Harness.run { harness in
            let dead = (0..<20).map { harness.ask("dead\($0).some.example", "organisation \($0)") }
            try await harness.questions(3)
            let other = harness.ask("pictures.example", "other")
            #expect(try await other.value("the addresses") == [.v4(0x0102_0304)])
            #expect(harness.names.count { $0.hasPrefix("dead") } == 3)
            for task in dead { task.cancel() }
        }
    }

    @Test func concurrentCallersShareOneLookup() async throws {
        try await Harness.run { harness in
            let first = harness.ask("dead.example", "one")
            try await harness.questions(1)
            let others = (0..<10).map { harness.ask("dead.example", "other \($0)") }
            try await harness.waiting(11)
            harness.letGo()
            for task in [first] + others {
                await #expect(throws: PixelFlowError.self) { try await task.value("the failure") }
            }
            #expect(harness.names == ["dead.example"])
        }
    }

    /// The caller gives up, but its thread is busy until the operating system returns.
    @Test func abandonedLookupCountsUntilItEnds() async throws {
        try await Harness.run { harness in
            let dead = (0..<2).map { harness.ask("dead\($0).example", "one") }
            try await harness.questions(2)
            for task in dead {
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value("the end of the wait") }
            }
            let waiting = harness.ask("pictures.example", "one")
            try await harness.waiting(1)
            let other = harness.ask("other.example", "other")
            #expect(try await other.value("the addresses").count == 1)
            #expect(!harness.names.contains("pictures.example"))
            harness.letGo()
            #expect(try await waiting.value("the addresses").count == 1)
        }
    }

    /// Neither the name nor its server is at fault.
    @Test func waitingTooLongForAThreadIsAnOutage() async throws {
        var limits = Self.limits
        limits.waitLimit = .milliseconds(20)
        try await Harness.run(limits) { harness in
            let dead = (0..<2).map { harness.ask("dead\($0).example", "test") }
            try await harness.questions(2)
            let error = await #expect(throws: PixelFlowError.self) {
                try await harness.ask("pictures.example", "test").value("the end of the wait")
            }
            #expect(error?.code == "name_not_resolved" && error?.retry == .outage)
            let fetcher = try localFetcher(resolver: harness.resolver)
            #expect(await fetcher.outcome("http://pictures.example/") == "name_not_resolved outage")
            #expect(harness.names.count == 2)
            for task in dead { task.cancel() }
        }
    }

    @Test func waitingCallersAreLimited() async throws {
        var limits = Self.limits
        limits.waitingOfOneTenant = 0
        try await Harness.run(limits) { harness in
            let dead = (0..<2).map { harness.ask("dead\($0).example", "one") }
            try await harness.questions(2)
            let error = await #expect(throws: PixelFlowError.self) { try await harness.ask("pictures.example", "one").value("the refusal") }
            #expect(error?.retry == .outage)
            #expect(try await harness.ask("pictures.example", "other").value("the addresses").count == 1)
            for task in dead { task.cancel() }
        }
    }

    @Test func unansweredNameIsNotLookedUpAgainForAWhile() async throws {
        var limits = Self.limits
        limits.unansweredAfter = .zero
        try await Harness.run(limits) { harness in
            harness.letGo()
            for tenant in ["one", "one", "other"] {
                let error = await #expect(throws: PixelFlowError.self) {
                    try await harness.ask("dead.example", tenant).value("the failure")
                }
                #expect(error?.code == "name_not_resolved" && error?.retry == .transient)
                // Not before another lookup could have been made.
                #expect((9...10).contains(error?.retryAfter ?? 0))
            }
            #expect(harness.names == ["dead.example"])
        }
    }

    @Test func quickFailureIsNotCached() async throws {
        try await Harness.run { harness in
            harness.letGo()
            for _ in 0..<2 {
                await #expect(throws: PixelFlowError.self) { try await harness.ask("dead.example", "one").value("the failure") }
            }
            #expect(harness.names.count == 2)
        }
    }

    @Test func abandonedWaitingLookupIsNotMade() async throws {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let gate = DispatchSemaphore(value: 0)
        // A lookup that hangs.
        threads.submit { _ in _ = gate.wait(timeout: .now() + 60) }
        let asked = AsyncStream.makeStream(of: String.self)
        let resolver = SystemResolver(threads: threads, limits: Self.limits) { name in
            asked.continuation.yield(name)
            return []
        }
        let left = Task { try await resolver.addresses(of: "left.example", for: .test) }
        left.cancel()
        await #expect(throws: CancellationError.self) { try await left.value("the end of the wait") }
        gate.signal()
        _ = try await resolver.addresses(of: "pictures.example", for: .test)
        try await threads.shutdownGracefully()
        asked.continuation.finish()
        var names: [String] = []
        // bounded: by its end, which is there.
        for await name in asked.stream { names.append(name) }
        #expect(names == ["pictures.example"])
    }
}
