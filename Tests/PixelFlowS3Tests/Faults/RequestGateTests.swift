import Conformance
import Deadlines
import NIOCore
import NIOPosix
import PixelFlowCore
import Synchronization
import Testing

@testable import PixelFlowS3

@Suite struct RequestGateTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.any()

    @Test func letsNoMoreThroughThanItMay() async throws {
        let gate = RequestGate(limit: 3, waiting: 100)
        let crowd = Crowd()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.pass(before: .now() + .seconds(20), on: loop) {
                        crowd.enter()
                        for _ in 0..<10 { await Task.yield() }
                        crowd.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(crowd.most == 3)
    }

    private final class Crowd: Sendable {
        private let counts = Mutex((now: 0, most: 0))
        var most: Int { counts.withLock { $0.most } }
        func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
        func leave() { counts.withLock { $0.now -= 1 } }
    }

    @Test func refusesWhereTooManyWait() async throws {
        let gate = RequestGate(limit: 1, waiting: 0)
        try await gate.pass(before: .distantFuture, on: loop) {
            let error = await #expect(throws: PixelFlowError.self) { try await gate.pass(before: .distantFuture, on: loop) {} }
            #expect(error?.retry == .outage)
        }
        try await gate.pass(before: .distantFuture, on: loop) {}
    }

    @Test func givesUpAtTheDeadlineAndWhenCancelled() async throws {
        let gate = RequestGate(limit: 1, waiting: 10)
        try await gate.pass(before: .distantFuture, on: loop) {
            await #expect(throws: PixelFlowError.self) { try await gate.pass(before: .now() + .milliseconds(1), on: loop) {} }
            let waiter = Task { try await gate.pass(before: .distantFuture, on: loop) {} }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value("the wait to end") }
        }
        try await within(.seconds(10), "room again") { try await gate.pass(before: .distantFuture, on: loop) {} }
    }
}
