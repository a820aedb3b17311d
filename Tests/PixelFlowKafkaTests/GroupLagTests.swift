import Conformance
import PixelFlowCore
import Testing

@testable import PixelFlowKafka

@Suite struct GroupLagTests {
    /// Start, committed and end of a partition, and its lag.
    @Test(
        arguments: [
            (0, nil, 0, 0), (0, nil, 7, 7), (3, nil, 7, 4), (0, 5, 7, 2), (0, 7, 7, 0), (6, 5, 7, 1),
            // Committed in a log that has been recreated since.
            (0, 900, 7, 7),
        ] as [(Int64, Int64?, Int64, Int64)])
    func countsFromTheCommittedOffset(start: Int64, committed: Int64?, end: Int64, lag: Int64) {
        #expect(KafkaGroupLag.Partition(partition: 0, start: start, committed: committed, end: end).lag == lag)
    }

    @Test(.enabled(if: TestCluster.url != nil, TestCluster.comment))
    func reportsTheRemainingMessages() async throws {
        try await TestCluster.withClient { client in
            let broker = KafkaTaskBroker(client)
            try await broker.publish(messages(1...30))
            let before = try await client.admin.lag()
            #expect(before.total == 30)
            #expect(before.partitions.map(\.partition) == [0, 1, 2, 3])
            #expect(before.partitions.allSatisfy { $0.committed == nil && $0.start == 0 })

            let subscription = try await broker.subscribe()
            for _ in 1...10 { await (try await subscription.next("a dispatch message"))?.settle() }
            let during = try await client.admin.lag()
            #expect(during.partitions.contains { $0.member?.clientID == client.settings.clientID })
            await subscription.close()
            let after = try await eventually(within: .seconds(10), "10 settled") {
                let lag = try await client.admin.lag()
                return lag.total == 20 ? lag : nil
            }
            #expect(after.partitions.contains { $0.committed != nil })
        }
    }

    @Test(.enabled(if: TestCluster.url != nil, TestCluster.comment))
    func aSeparateAdminClientCreatesNoProducerAndNoTopic() async throws {
        let settings = try TestCluster.settings()
        let admin = try KafkaAdmin(settings, logger: TestCluster.logger)
        for _ in 1...2 {
            let error = try await #require(throws: PixelFlowError.self) { _ = try await admin.lag() }
            #expect(error.kind == .notFound)
        }
        try await TestCluster.withClient(settings) { try await KafkaTaskBroker($0).publish(messages(1...3)) }
        let found = try await eventually("the new topic") { try? await admin.lag() }
        #expect(found.total == 3)
        await admin.close()
    }

    /// As on a cluster that lets no client create topics, until its administrator has created those of the lanes.
    @Test(.enabled(if: TestCluster.url != nil, TestCluster.comment))
    func topicsThatDoNotExistHoldUpNothing() async throws {
        try await TestCluster.withClient { client in
            // Creates the topics of the lanes.
            try await KafkaTaskBroker(client).publish(messages(1...3))
            var settings = client.settings
            settings.topic = client.settings.topic(of: .low)
            let admin = try KafkaAdmin(settings, logger: TestCluster.logger)
            #expect(try await eventually("a reply") { try? await admin.hasDelivered(everythingBefore: SystemClock().now()) })
            settings.topic += "-missing"
            let none = try KafkaAdmin(settings, logger: TestCluster.logger)
            await #expect(throws: PixelFlowError.self) { try await none.hasDelivered(everythingBefore: SystemClock().now()) }
            await admin.close()
            await none.close()
        }
    }
}
