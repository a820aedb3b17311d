import CircuitBreaker
import Conformance
import Deadlines
import Glibc
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowKafka

@Suite struct UnreachableClusterTests {
    /// A client of port 1, on which no server listens.
    private func client() throws -> KafkaClient {
        var settings = try TestCluster.settings(url: "kafka://127.0.0.1:1")
        settings.publishTimeout = .seconds(1)
        settings.adminTimeout = .seconds(1)
        return try TestCluster.client(settings)
    }

    @Test func publishingIsAnOutageWithinSeconds() async throws {
        let client = try client()
        let start = ContinuousClock.now
        let error = try await #require(throws: PixelFlowError.self) { try await KafkaTaskBroker(client).publish(messages([1])) }
        #expect(error.retry == .outage)
        #expect(error.code == "broker_unavailable")
        #expect(ContinuousClock.now - start < .seconds(10))
        await client.close()
    }

    @Test func checkNamesTheBroker() async throws {
        let client = try client()
        let error = try await #require(throws: PixelFlowError.self) { try await client.check() }
        #expect(error.code == "broker_unavailable")
        await client.close()
    }

    @Test func subscribingDoesNotWaitForTheCluster() async throws {
        let client = try client()
        let subscription = try await within(.seconds(2), "subscribe") { try await KafkaTaskBroker(client).subscribe() }
        let waiting = Task { try await subscription.next("the end") }
        let stream = try await within(.seconds(10), "listen") { try await KafkaTaskEvents(client).subscribe() }
        await client.close()
        #expect(try await within(.seconds(10), "next() ends") { try await waiting.value } == nil)
        try await stream.end("the stream to end")
    }

    @Test func afterSomeFailuresCallsFailImmediately() async throws {
        let client = try client()
        let broker = KafkaTaskBroker(client)
        for _ in 1...6 { await #expect(throws: PixelFlowError.self) { try await broker.publish(messages([1])) } }
        let error = await #expect(throws: PixelFlowError.self) { try await broker.publish(messages([1])) }
        #expect(error?.cause is CircuitOpenError)
        await client.close()
    }
}

@Suite struct MockClusterTests {
    @Test func aClusterWithoutTopicCreationIsUsed() async throws {
        let cluster = try MockCluster()
        try await TestCluster.withClient(try TestCluster.settings(url: try await cluster.url())) { client in
            let broker = KafkaTaskBroker(client)
            try await broker.publish(messages(1...10))
            try await broker.check()
            let subscription = try await broker.subscribe()
            var sequences: Set<Int> = []
            while sequences.count < 10 {
                let delivery = try #require(try await within(.seconds(30), "a dispatch message") { try await subscription.next() })
                sequences.insert(delivery.message.sequence)
                await delivery.settle()
            }
            await subscription.close()
        }
    }
}

@Suite(.enabled(if: OwnServer.executable != nil, OwnServer.comment)) struct KafkaOutageTests {
    @Test func resumesOnceTheClusterIsBack() async throws {
        try await OwnServer.with { server in
            try server.start()
            try await TestCluster.withClient(try settings(server)) { client in
                let broker = KafkaTaskBroker(client)
                let events = KafkaTaskEvents(client)
                try await publish(messages([1]), by: broker)
                let subscription = try await broker.subscribe()
                let listener = Listener(try await events.subscribe())
                await (try await next(of: subscription)).settle()

                try await server.stop()
                await #expect(throws: PixelFlowError.self) { try await broker.publish(messages([2])) }
                await #expect(throws: PixelFlowError.self) { try await events.publish([change(2)]) }
                await #expect(throws: PixelFlowError.self) { try await client.check() }

                try server.start()
                try await publish(messages([3]), by: broker)
                try await client.check()
                try await receive(3, from: subscription)
                try await events.publish([change(3)])
                try await listener.hears(3)
            }
        }
    }

    @Test func startsBeforeTheCluster() async throws {
        try await OwnServer.with { server in
            try await TestCluster.withClient(try settings(server)) { client in
                let broker = KafkaTaskBroker(client)
                let events = KafkaTaskEvents(client)
                let subscription = try await broker.subscribe()
                let listener = Listener(try await events.subscribe())
                await #expect(throws: PixelFlowError.self) { try await client.check() }
                try server.start()
                try await publish(messages([1]), by: broker)
                try await receive(1, from: subscription)
                try await listener.hears(1) { try? await events.publish([change(1)]) }
            }
        }
    }

    @Test func resumesAfterTheClustersDataIsLost() async throws {
        try await OwnServer.with { server in
            try server.start()
            try await TestCluster.withClient(try settings(server)) { client in
                let broker = KafkaTaskBroker(client)
                let events = KafkaTaskEvents(client)
                try await publish(messages(1...50), by: broker)
                let subscription = try await broker.subscribe()
                let listener = Listener(try await events.subscribe())
                for _ in 1...50 { await (try await next(of: subscription)).settle() }
                try await events.publish([change(1)])
                try await listener.hears(1)
                let inHand = messages([51])
                try await broker.publish(inHand)
                let delivery = try await next(of: subscription)

                try await server.stop(by: SIGKILL)
                try server.wipe()
                try server.start()

                try await publish(messages(100...105), by: broker)
                for _ in 100...105 { await (try await next(of: subscription)).settle() }
                await delivery.settle()
                try await listener.hears(2) { try? await events.publish([change(2)]) }
                // The members of the group rejoin one after the other; uncommitted messages are redelivered.
                let repeats = Task {
                    // bounded: by the end of the subscription.
                    while let delivery = try await subscription.next() { await delivery.settle() }
                }
                defer { repeats.cancel() }
                _ = try await eventually(within: .seconds(40), "the new offsets are committed") {
                    let lag = try? await client.admin.lag()
                    return lag?.total == 0 && lag?.partitions.contains { $0.committed ?? 0 > 0 } == true ? true : nil
                }
                await subscription.close()
            }
        }
    }

    private func settings(_ server: ServerProcess) throws -> KafkaSettings {
        var settings = try TestCluster.settings(url: server.url, partitions: 2)
        settings.publishTimeout = .seconds(3)
        settings.adminTimeout = .seconds(2)
        return settings
    }

    /// Publishes with retries, like the dispatcher.
    private func publish(_ messages: [DispatchMessage], by broker: KafkaTaskBroker) async throws {
        try await eventually(within: .seconds(40), "published") { try? await broker.publish(messages) }
    }

    private func next(of subscription: any DispatchSubscription) async throws -> DispatchDelivery {
        try #require(try await within(.seconds(40), "a dispatch message") { try await subscription.next() })
    }

    private func receive(_ sequence: Int, from subscription: any DispatchSubscription) async throws {
        while true {
            let delivery = try await next(of: subscription)
            await delivery.settle()
            if delivery.message.sequence == sequence { return }
        }
    }
}
