import Conformance
import Deadlines
import PixelFlowCore
import Synchronization
import Testing

@testable import PixelFlowKafka

@Suite(.enabled(if: TestCluster.url != nil, TestCluster.comment)) struct KafkaDeliveryTests {
    @Test func nothingIsFetchedWithoutAWaitingCaller() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client, slots: 4)
            let subscription = try DispatchConsumer(client, topic: client.settings.topic, prefetch: 8)
            try await broker.publish(messages(1...2_000))
            for _ in 1...3 { await (try await subscription.next("a dispatch message"))?.settle() }
            _ = try await eventually("paused, the prefetch thrown away") {
                subscription.state.withLock { $0.isPaused } && subscription.queue.length == 0 ? true : nil
            }
            // A fetch in progress has ended by now without a message.
            try await broker.publish(messages(1...10))
            #expect(subscription.queue.length == 0)

            await (try await subscription.next("a dispatch message"))?.settle()
            _ = try await eventually("fetching again") { subscription.queue.length > 0 ? true : nil }
            await subscription.close()
            #expect(try await client.admin.lag().total == 2_006)
        }
    }

    @Test func unsettledMessagesAreDeliveredAgain() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client)
            let subscription = try await broker.subscribe()
            let sent = messages([1])
            try await broker.publish(sent)
            for _ in 1...3 { #expect(try await subscription.next("a dispatch message")?.message == sent[0]) }
            await (try await subscription.next("a dispatch message"))?.settle()
            await subscription.close()
            #expect(try await client.admin.lag().total == 0)
        }
    }

    @Test func aWorkerSubscribesToItsLanes() async throws {
        try await TestCluster.withClient { client in
            let mixed = messages(1...6).enumerated().map { index, message in
                var message = message
                message.lane = Lane.allCases[index % 3]
                return message
            }
            try await KafkaTaskBroker(client).publish(mixed)
            let subscriptions = [
                try await KafkaTaskBroker(client, lanes: [.high]).subscribe(),
                try await KafkaTaskBroker(client, lanes: [.normal, .low]).subscribe(),
            ]
            var taken: [[DispatchMessage]] = []
            for (subscription, count) in zip(subscriptions, [2, 4]) {
                var messages: [DispatchMessage] = []
                for _ in 0..<count {
                    let delivery = try #require(try await subscription.next("a dispatch message of its lanes"))
                    messages.append(delivery.message)
                    await delivery.settle()
                }
                taken.append(messages)
            }
            #expect(taken[0].allSatisfy { $0.lane == .high } && taken[1].allSatisfy { $0.lane != .high })
            // The lag is not checked: the group rebalances while the second member joins, and messages settled meanwhile are redelivered.
            for subscription in subscriptions { await subscription.close() }
        }
    }

    @Test func unsettledMessagesOfADeadWorkerAreDeliveredAgain() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client)
            try await broker.publish(messages(1...20))
            let first = try await broker.subscribe()
            var inHand: [DispatchDelivery] = []
            for _ in 1...20 { inHand.append(try #require(try await first.next("a dispatch message"))) }
            await first.close()
            // Too late: the membership has ended.
            for delivery in inHand { await delivery.settle() }
            let second = try await broker.subscribe()
            var sequences: Set<Int> = []
            while sequences.count < 20 {
                let delivery = try #require(try await second.next("a dispatch message of what is left"))
                sequences.insert(delivery.message.sequence)
                await delivery.settle()
            }
            await second.close()
            #expect(try await client.admin.lag().total == 0)
        }
    }

    @Test func settlementsAfterARevocationAreNotStored() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client)
            try await broker.publish(messages(1...40))
            let first = try await broker.subscribe()
            var inHand: [DispatchDelivery] = []
            for _ in 1...40 { inHand.append(try #require(try await first.next("a dispatch message"))) }
            let second = try await broker.subscribe()
            // The new member receives some of the other member's unsettled messages, because the group has rebalanced.
            let other = try #require(try await second.next("a dispatch message of what is left"))
            for delivery in inHand { await delivery.settle() }
            await first.close()
            await second.close()
            await other.settle()
            #expect(try await client.admin.lag().total == 40)
        }
    }

    @Test func redeliveriesCanBeSettledInAnyOrder() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client)
            let sent = messages(1...60)
            try await broker.publish(sent.shuffled())
            try await broker.publish(sent.reversed())
            let subscription = try await broker.subscribe()
            var inHand: [DispatchDelivery] = []
            for _ in 1...120 { inHand.append(try #require(try await subscription.next("a dispatch message"))) }
            #expect(Set(inHand.map(\.message)) == Set(sent))
            for delivery in inHand.shuffled() { await delivery.settle() }
            await subscription.close()
            #expect(try await client.admin.lag().total == 0)
        }
    }

    @Test func anUnreadableMessageIsSkipped() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client)
            let topic = client.settings.topic
            let garbage = KafkaMessage(topic: topic, key: [], value: Array("garbage".utf8), headers: [])
            try await client.publish([garbage, garbage], to: topic)
            try await broker.publish(messages([7]))
            let subscription = try await broker.subscribe()
            let delivery = try #require(try await subscription.next("a dispatch message"))
            #expect(delivery.message.sequence == 7)
            await delivery.settle()
            // While no consumer waits, no message is read, so none is passed.
            let waiting = Task { try await subscription.next("a dispatch message, or the end") }
            _ = try await eventually("all three passed") { try await client.admin.lag().total == 0 ? true : nil }
            await subscription.close()
            #expect(try await waiting.value("the wait to end")?.message == nil)
        }
    }

    @Test func aCancelledWaitConsumesNothing() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client)
            let subscription = try await broker.subscribe()
            let waiting = Task { try await subscription.next("a dispatch message, or the end") }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value("the wait to end") }
            try await broker.publish(messages([1]))
            #expect(try await subscription.next("a dispatch message")?.message.sequence == 1)
            await subscription.close()
        }
    }
}
