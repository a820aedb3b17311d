import Conformance
import NIOCore
import PixelFlowCore
import PixelFlowWebhooks
import RawHTTP
import Synchronization
import Testing

/// Receivers that are down for hours, on a clock that the test moves from attempt to attempt.
@Suite(.serialized) struct OutageTests {
    /// The behaviour of a receiver until the test ends its outage.
    private final class Outage: Sendable {
        private let isOver = Mutex(false)

        func end() { isOver.withLock { $0 = true } }

        func responder(meanwhile: @escaping RawServer.Responder) -> RawServer.Responder {
            { request, channel in
                let isOver = self.isOver.withLock { $0 }
                (isOver ? RawServer.status(200, body: "at last") : meanwhile)(request, channel)
            }
        }
    }

    /// Moves the clock to the next attempt of each delivery, and waits for it, until none is due before `end`.
    private func attempts(_ harness: SenderHarness, until end: Timestamp = .distantFuture) async throws {
        while let next = try await harness.deliveries().filter({ $0.state == .pending }).min(by: { $0.nextAttemptAt < $1.nextAttemptAt }),
            next.nextAttemptAt < end
        {
            let now = harness.clock.now()
            if next.nextAttemptAt > now { harness.clock.advance(by: next.nextAttemptAt - now) }
            harness.sender.wake()
            _ = try await eventually("the next attempt of \(next.id)") { () -> Bool? in
                try await harness.deliveries().contains { $0.id == next.id && $0.log.count > next.log.count } ? true : nil
            }
        }
    }

    @Test func anHourOfErrorsDelaysADelivery() async throws {
        let outage = Outage()
        try await RawServer.run(respond: outage.responder(meanwhile: RawServer.status(500, body: "broken"))) { receiver in
            try await SenderHarness.run { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                let start = harness.clock.now()
                try await harness.endTask()
                _ = try await harness.delivery(after: 1)
                try await attempts(harness, until: start + .seconds(3600))
                let failing = try await harness.delivery(after: 4)
                #expect(failing.state == .pending && failing.log.map(\.status) == [500, 500, 500, 500])
                #expect(try await harness.endpoint()?.failingSince != nil)
                outage.end()
                try await attempts(harness)
                let delivered = try await harness.delivery(after: 5)
                #expect(delivered.state == .delivered && delivered.log.map(\.status) == [500, 500, 500, 500, 200])
                // The next attempt was due in two hours, so the delivery is late; it arrives only once.
                #expect(delivered.log[4].at - delivered.log[3].at >= .seconds(7200))
                let requests = receiver.requests
                #expect(requests.count == 5)
                #expect(Set(requests.map { $0.header("webhook-id") }) == [delivered.id.rawValue])
                #expect(requests.map { $0.header("webhook-timestamp").flatMap { Int64($0) } } == delivered.log.map(\.timestamp))
                _ = try await eventually("the end of the failures") { () -> Bool? in
                    try await harness.endpoint()?.failingSince == nil ? true : nil
                }
            }
        }
    }

    @Test func allDeliveriesArriveAfterAnOutageOfADay() async throws {
        let outage = Outage()
        try await RawServer.run(respond: outage.responder { _, channel in channel.close(promise: nil) }) { receiver in
            try await SenderHarness.run { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                let start = harness.clock.now()
                var tasks: [TaskID] = []
                for hour in 0..<24 {
                    try await attempts(harness, until: start + .seconds(hour * 3600))
                    let now = harness.clock.now()
                    harness.clock.advance(by: max(.zero, start + .seconds(hour * 3600) - now))
                    tasks.append(try await harness.endTask().task.id)
                    _ = try await eventually("the first attempt") { () -> Bool? in
                        let made = try await harness.deliveries()
                        return made.count == tasks.count && made.allSatisfy { !$0.log.isEmpty } ? true : nil
                    }
                }
                try await attempts(harness, until: start + .seconds(86_400))
                let waiting = try await harness.deliveries()
                #expect(waiting.count == 24 && waiting.allSatisfy { $0.state == .pending })
                #expect(Set(waiting.flatMap { $0.log.map(\.error) }) == ["unreachable"])
                let refused = receiver.requests.count
                outage.end()
                try await attempts(harness)
                let told = receiver.requests.dropFirst(refused).compactMap { $0.header("webhook-id") }
                let due = Dictionary(uniqueKeysWithValues: waiting.map { ($0.id.rawValue, $0.nextAttemptAt) })
                #expect(told.count == 24 && Set(told) == Set(due.keys))
                // Attempts that are due in the same second run concurrently.
                let times = told.compactMap { due[$0] }
                #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 + .seconds(1) })
                #expect(try await harness.deliveries().allSatisfy { $0.state == .delivered })
                #expect(try await harness.endpoint()?.isEnabled == true)
            }
        }
    }

    @Test func deliveryFailsAfterTenAttempts() async throws {
        try await RawServer.run(respond: RawServer.status(500)) { receiver in
            try await SenderHarness.run { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                try await harness.endTask()
                _ = try await harness.delivery(after: 1)
                try await attempts(harness)
                let failed = try await harness.delivery(after: WebhookSchedule.delays.count)
                #expect(failed.state == .failed && failed.attempts == 10 && failed.log.last?.nextAttemptAt == nil)
                for (attempt, delay) in WebhookSchedule.delays.enumerated().dropFirst() {
                    let wait = failed.log[attempt].at - failed.log[attempt - 1].at
                    #expect(wait >= delay - .seconds(1) && wait <= delay * (1 + WebhookSchedule.spread) + .seconds(30), "\(attempt)")
                }
                #expect(receiver.requests.count == 10)
                #expect(Set(receiver.requests.map { $0.header("webhook-id") }).count == 1)
                // Three and a half days of failures do not disable the endpoint.
                #expect(try await harness.endpoint()?.isEnabled == true)
            }
        }
    }
}
