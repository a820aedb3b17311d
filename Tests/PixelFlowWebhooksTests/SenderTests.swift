import Conformance
import Foundation
import NIOCore
import PixelFlowAPI
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowFetch
import PixelFlowWebhooks
import Prometheus
import RawHTTP
import Synchronization
import Testing
import WireFormats

@Suite(.serialized) struct SenderTests {
    /// Behind the many reads of one tenant, the deliveries of all others would wait as well.
    @Test func theSenderWaitsForNoTenantsTurn() async throws {
        let waited = Mutex<[Bool]>([])
        try await RawServer.run(respond: RawServer.status(200)) { receiver in
            try await SenderHarness.run(message: { delivery in
                waited.withLock { $0.append(TenantTurn.isRequired) }
                return try WebhookMessage.body(of: delivery)
            }) { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                try await harness.endTask()
                _ = try await harness.delivery(after: 1)
            }
        }
        #expect(waited.withLock { $0 } == [false])
    }

    @Test func endOfATaskIsDeliveredAndSigned() async throws {
        try await RawServer.run(respond: RawServer.status(200, body: "thanks")) { receiver in
            try await SenderHarness.run { harness in
                let endpoint = try await harness.addEndpoint(url: receiver.url("/hook?a=b"))
                let (task, _) = try await harness.endTask()
                let message = try await receiver.requests(1)[0]
                #expect(message.path == "/hook?a=b")
                #expect(message.headers["content-type"] == "application/json")
                #expect(message.headers["webhook-id"] == "msg_\(task.id)_1_shop")
                let timestamp = try #require(message.headers["webhook-timestamp"].flatMap { Int64($0) })
                let expected = WebhookSignature.headers(
                    id: WebhookDeliveryID("msg_\(task.id)_1_shop"), timestamp: timestamp, body: Data(message.body.utf8),
                    secrets: endpoint.secrets)
                #expect(message.headers["webhook-signature"] == expected[2].1)
                let body = try #require(try JSONSerialization.jsonObject(with: Data(message.body.utf8)) as? [String: Any])
                #expect(body["type"] as? String == "task.cancelled")
                #expect(body["timestamp"] as? String == task.completedAt?.iso8601)
                #expect((body["data"] as? [String: Any])?["id"] as? String == task.id.rawValue)
                let delivery = try await harness.delivery(after: 1)
                #expect(delivery.state == .delivered)
                #expect(delivery.log.map(\.response) == ["thanks"])
                #expect(delivery.log.map(\.timestamp) == [timestamp])
            }
        }
    }

    @Test func taskWithItsOwnURLIsDeliveredThere() async throws {
        try await RawServer.run(respond: RawServer.status(204)) { receiver in
            try await SenderHarness.run { harness in
                let organisation = WebhookEndpoint.organisation(SenderHarness.tenant, at: harness.clock.now())
                _ = try await harness.store.add(organisation)
                let (task, _) = try await harness.endTask(webhookURL: receiver.url("/mine"))
                let message = try await receiver.requests(1)[0]
                #expect(message.path == "/mine")
                #expect(message.headers["webhook-id"] == "msg_\(task.id)_1_default")
            }
        }
    }

    @Test func retryKeepsTheIDAndTheBody() async throws {
        let respond: RawServer.Responder = { message, channel in
            RawServer.status(message.headers["webhook-id"] == nil ? 400 : 500, body: "later")(message, channel)
        }
        try await RawServer.run(respond: respond) { receiver in
            try await SenderHarness.run { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                try await harness.endTask()
                let failed = try await harness.delivery(after: 1)
                #expect(failed.state == .pending && failed.log[0].status == 500 && failed.log[0].nextAttemptAt == failed.nextAttemptAt)
                harness.clock.advance(by: .seconds(6))
                harness.sender.wake()
                let messages = try await receiver.requests(2)
                #expect(messages[0].headers["webhook-id"] == messages[1].headers["webhook-id"])
                #expect(messages[0].body == messages[1].body)
                let since = try #require(try await harness.endpoint()?.failingSince)
                #expect(since <= harness.clock.now())
            }
        }
    }

    @Test func gone410DisablesTheEndpointAndNotifies() async throws {
        try await RawServer.run(respond: RawServer.status(410)) { receiver in
            try await SenderHarness.run { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                try await harness.endTask()
                #expect(try await harness.delivery(after: 1).state == .failed)
                let endpoint = try await eventually("the end of the endpoint") { () -> WebhookEndpoint? in
                    try await harness.endpoint().flatMap { $0.isEnabled ? nil : $0 }
                }
                #expect(endpoint.fault == .gone)
                let told = try await eventually("the entry for the audit log") { () -> AuditEntry? in
                    try await harness.store.undeliveredAudit(before: Timestamp(microseconds: 0), limit: 10).first?.entry
                }
                #expect(told.action == .webhookDisabled && told.organisation == SenderHarness.tenant && told.target == "shop")
                #expect(told.detail == "127.0.0.1: it responded with 410 Gone" && told.actorName == "pixelflow")
                #expect(try await harness.store.auditBacklog() == 1)
                try await harness.endTask()
                #expect(try await harness.deliveries().count == 1)
            }
        }
    }

    /// A receiver moves: the endpoint gets its new URL while an attempt at the old one is in progress.
    @Test func gone410OfAFormerURLIsIgnored() async throws {
        try await SenderHarness.run { harness in
            let respond: RawServer.Responder = { message, channel in
                Task {
                    var moved = try #require(try await harness.endpoint())
                    moved.url = "http://127.0.0.1:9/new"
                    moved.revision += 1
                    _ = try await harness.store.replace(moved)
                    RawServer.status(410)(message, channel)
                }
            }
            try await RawServer.run(respond: respond) { receiver in
                try await harness.addEndpoint(url: receiver.url("/old"))
                try await harness.endTask()
                #expect(try await harness.delivery(after: 1).log[0].status == 410)
                // The response is noted before the attempt ends.
                _ = try await eventually("the end of the attempt") {
                    String(decoding: harness.registry.text(), as: UTF8.self).contains("webhook_attempts_in_flight 0") ? true : nil
                }
                let endpoint = try #require(try await harness.endpoint())
                #expect(endpoint.isEnabled && endpoint.fault == nil && endpoint.url == "http://127.0.0.1:9/new")
            }
        }
    }

    @Test func beyondItsLimitAnEndpointLosesTheOldestVisibly() async throws {
        try await RawServer.run(respond: RawServer.status(500)) { receiver in
            try await SenderHarness.run(pendingLimit: 2) { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                for _ in 0..<5 { try await harness.endTask() }
                _ = try await eventually("an attempt of each") { () -> Bool? in
                    let all = try await harness.deliveries()
                    return all.count == 5 && all.allSatisfy { $0.log.count == 1 } ? true : nil
                }
                // Due again, so that the queue is looked at.
                harness.clock.advance(by: .seconds(6))
                try await harness.sender.giveUpExcess()
                let all = try await harness.deliveries()
                #expect(all.map(\.state) == [.pending, .pending, .failed, .failed, .failed])
                #expect(all.suffix(3).map { $0.log.last?.error } == ["too_many_pending", "too_many_pending", "too_many_pending"])
                // It says nothing about the receiver, so the endpoint stays as it is.
                #expect(try await harness.endpoint()?.isEnabled == true)
                let text = String(decoding: harness.registry.page(claiming: ["webhook_"]).text(), as: UTF8.self)
                #expect(text.contains("webhook_deliveries_abandoned_total 3"))
            }
        }
    }

    @Test func redirectIsAFailureAndNotFollowed() async throws {
        try await RawServer.run(respond: RawServer.status(301, headers: "Location: http://169.254.169.254/latest/meta-data\r\n")) {
            receiver in
            try await SenderHarness.run { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                try await harness.endTask()
                let delivery = try await harness.delivery(after: 1)
                #expect(delivery.state == .pending && delivery.log[0].status == 301)
                #expect(receiver.requests.count == 1)
            }
        }
    }

    @Test func nonPublicAddressesAreRefused() async throws {
        try await RawServer.run(respond: RawServer.status(200)) { receiver in
            try await SenderHarness.run(allowed: []) { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                try await harness.addEndpoint("metadata", url: "http://169.254.169.254/latest")
                try await harness.endTask()
                #expect(try await harness.delivery(after: 1).log[0].error == "address_blocked")
                #expect(try await harness.delivery(after: 1, to: "metadata").log[0].error == "address_blocked")
                #expect(receiver.requests.isEmpty)
            }
        }
    }

    /// Whose name servers do not respond for now.
    private struct DeadResolver: NameResolver {
        let retryAfter: Int

        func addresses(of name: String, for tenant: TenantID) async throws -> [IPAddress] {
            throw PixelFlowError(.unavailable, code: "name_not_resolved", "No response.", retry: .transient, retryAfter: retryAfter)
        }
    }

    @Test func anotherAttemptWaitsUntilTheNameIsLookedUpAgain() async throws {
        try await SenderHarness.run(resolver: DeadResolver(retryAfter: 10)) { harness in
            try await harness.addEndpoint(url: "http://dead.example/hook")
            try await harness.endTask()
            let attempt = try await harness.delivery(after: 1).log[0]
            #expect(attempt.error == "name_not_resolved")
            let next = try #require(attempt.nextAttemptAt)
            #expect(next - attempt.at >= .seconds(10), "the next attempt is at \(next)")
        }
    }

    @Test func ofAnEndlessResponseTheBeginningIsKept() async throws {
        let respond: RawServer.Responder = { _, channel in
            channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"), promise: nil)
            @Sendable func more() {
                guard channel.isActive else { return }
                channel.writeAndFlush(ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)).whenSuccess { more() }
            }
            more()
        }
        try await RawServer.run(respond: respond) { receiver in
            try await SenderHarness.run { harness in
                try await harness.addEndpoint(url: receiver.url("/hook"))
                try await harness.endTask()
                let delivery = try await harness.delivery(after: 1)
                #expect(delivery.state == .delivered)
                #expect(delivery.log[0].response == String(repeating: "x", count: 4096))
            }
        }
    }

    /// Ways in which a receiver never completes a response.
    enum NoReply: CaseIterable {
        case hanging, dripping, resetting, refusing

        var respond: RawServer.Responder {
            { _, channel in
                switch self {
                case .hanging, .refusing: break
                case .dripping: channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"), promise: nil)
                case .resetting: channel.close(promise: nil)
                }
            }
        }

        var error: String {
            switch self {
            case .hanging, .dripping: "timeout"
            case .resetting, .refusing: "unreachable"
            }
        }
    }

    @Test(arguments: NoReply.allCases) func unresponsiveReceiverTimesOut(noReply: NoReply) async throws {
        try await RawServer.run(respond: noReply.respond) { receiver in
            try await SenderHarness.run(timeout: .milliseconds(300)) { harness in
                // Nothing listens on the first port.
                try await harness.addEndpoint(url: noReply == .refusing ? "http://127.0.0.1:1025/" : receiver.url("/hook"))
                try await harness.endTask()
                let delivery = try await harness.delivery(after: 1)
                #expect(delivery.log[0].error == noReply.error)
                #expect(delivery.log[0].status == nil && delivery.state == .pending)
            }
        }
    }

    @Test func cleanUpDeletesAllOldDeliveries() async throws {
        try await SenderHarness.run { harness in
            let queue = WebhookQueue(tenant: SenderHarness.tenant, endpoint: WebhookID("gone"))
            let now = harness.clock.now()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The clean-up at the start of a sender may delete one batch.
                for number in 0..<WebhookSender.cleanUpBatch * 2 + 50 {
                    group.addTask {
                        try await harness.store.add(
                            WebhookDelivery(
                                id: WebhookDeliveryID("msg_\(number)"), tenant: queue.tenant, endpoint: queue.endpoint, event: .test,
                                eventAt: now, payload: .test, createdAt: now))
                    }
                }
                try await group.waitForAll()
            }
            harness.clock.advance(by: WebhookDelivery.retention + .seconds(1))
            try await harness.sender.forgetOld()
            #expect(try await harness.store.deliveries(WebhookDeliveryQuery(queue, limit: 1)).isEmpty)
        }
    }

    @Test func slowEndpointHasTenSlotsAndDelaysNoOther() async throws {
        try await RawServer.run(respond: { _, _ in }) { slow in
            try await RawServer.run(respond: RawServer.status(200)) { fast in
                try await SenderHarness.run(timeout: .seconds(10)) { harness in
                    try await harness.addEndpoint("slow", url: slow.url("/hook"))
                    try await harness.addEndpoint("fast", url: fast.url("/hook"))
                    for _ in 0..<30 { try await harness.endTask() }
                    #expect(try await fast.requests(30).count == 30)
                    #expect(slow.requests.count <= WebhookQueue.width)
                    let underWay = try await eventually("the slow endpoint's slots") { () -> Int? in
                        let count = try await harness.deliveries("slow").filter { $0.leaseUntil != nil }.count
                        return count == WebhookQueue.width ? count : nil
                    }
                    #expect(underWay == WebhookQueue.width)
                }
            }
        }
    }

    /// Receivers of five organisations hang and have more due deliveries than the process has slots.
    @Test func organisationsWithHangingReceiversLeaveSlotsToOthers() async throws {
        try await RawServer.run(respond: { _, _ in }) { hanging in
            try await RawServer.run(respond: RawServer.status(200)) { fast in
                try await SenderHarness.run(timeout: .seconds(600), capacity: 30) { harness in
                    for number in 0..<5 {
                        let tenant = TenantID("hanging-\(number)")
                        for endpoint in 0..<3 { try await harness.addEndpoint("e\(endpoint)", of: tenant, url: hanging.url("/hook")) }
                        for _ in 0..<5 { try await harness.endTask(of: tenant) }
                    }
                    _ = try await hanging.requests(5)
                    try await harness.addEndpoint("fast", url: fast.url("/hook"))
                    for _ in 0..<20 { try await harness.endTask() }
                    #expect(try await fast.requests(20).count == 20)
                    #expect(hanging.requests.count < 30)
                }
            }
        }
    }
}
