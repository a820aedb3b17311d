import PixelFlowCore
import Testing

@testable import PixelFlowKafka

@Suite struct DiagnosisTests {
    @Test(.enabled(if: TestCluster.url != nil, TestCluster.comment))
    func reportsTheSetupOfTheCluster() async throws {
        let settings = try TestCluster.settings(partitions: 3)
        try await TestCluster.withClient(settings) { client in
            let findings = try await KafkaTaskBroker(client).diagnose()
            #expect(
                findings.map(\.name) == [
                    "latency", "replication", "min-insync", "retention", "cleanup", "partitions", "group", "tls",
                ])
            #expect(findings.filter { $0.result == .failed } == [])
            #expect(findings.first { $0.name == "partitions" }?.result == .ok)
            // The cluster of the tests has one server.
            #expect(findings.first { $0.name == "replication" }?.reason.contains("1 broker") == true)
        }
    }

    @Test(.enabled(if: TestCluster.url != nil, TestCluster.comment))
    func missingPartitionsAreNamed() async throws {
        var settings = try TestCluster.settings(partitions: 2)
        try await TestCluster.withClient(settings) { try await $0.check() }
        settings.partitions = 5
        let topic = settings.topic
        try await TestCluster.withClient(settings) { client in
            let findings = try await KafkaTaskBroker(client).diagnose()
            let finding = try #require(findings.first { $0.name == "partitions" })
            #expect(finding.result == .warning && finding.reason.contains("\(topic) has 2 of 5"))
        }
    }

    private static func judge(replicas: Int, inSync: Int? = nil, _ settings: [String: String]?) -> TopicJudge {
        TopicJudge(
            topics: [TopicState(name: "t", partitions: 12, replicas: replicas, inSync: inSync ?? replicas)],
            settings: settings.map { ["t": $0] })
    }

    @Test(arguments: [(1, "1", BackendFinding.Result.ok), (3, "2", .ok), (3, "1", .warning), (2, "3", .failed)])
    func minInsyncIsJudgedByTheReplicas(replicas: Int, minimum: String, result: BackendFinding.Result) {
        #expect(Self.judge(replicas: replicas, ["min.insync.replicas": minimum]).minimumInSync.result == result)
    }

    @Test func laggingReplicasAreAWarning() {
        #expect(Self.judge(replicas: 3, inSync: 2, [:]).replication(brokers: 3).result == .warning)
        #expect(Self.judge(replicas: 3, [:]).replication(brokers: 3).result == .ok)
        #expect(Self.judge(replicas: 1, [:]).replication(brokers: 1).result == .warning)
    }

    @Test(arguments: [("604800000", BackendFinding.Result.ok), ("-1", .ok), ("60000", .warning)])
    func retentionIsJudgedByOutages(milliseconds: String, result: BackendFinding.Result) {
        #expect(Self.judge(replicas: 1, ["retention.ms": milliseconds]).retention.result == result)
    }

    @Test func unavailableSettingsAreSkipped() {
        let judge = Self.judge(replicas: 1, nil)
        #expect([judge.minimumInSync, judge.retention, judge.compaction].allSatisfy { $0.result == .skipped })
        #expect(Self.judge(replicas: 1, ["cleanup.policy": "compact,delete"]).compaction.result == .warning)
    }
}
