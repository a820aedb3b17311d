import Conformance
import FakeKubernetes
import Foundation
import KubernetesClient
import Logging
import PixelFlowCore
import PixelFlowKafka
import Testing
import WireFormats

@testable import PixelFlowMetricsAdapter

private let url = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_KAFKA_URL"]
private let metricPath = "/apis/external.metrics.k8s.io/v1beta1/namespaces/images/pixelflow_consumer_group_lag"

/// From messages in Kafka to the response that the autoscaler receives.
@Suite(.enabled(if: url != nil, "needs PIXELFLOW_TEST_KAFKA_URL, as in kafka://127.0.0.1:19092; `make stack-up` prints it"))
struct KafkaLagTests {
    @Test func countsUnsettledMessagesOfTheGroup() async throws {
        let settings = try settings(partitions: 2)
        try await withAdapter(settings) { client, value in
            let broker = KafkaTaskBroker(client)
            try await broker.publish(messages(5))
            // Never committed: from the start of the log.
            try await eventually(within: .seconds(20), "5 of a group that never committed") { try await value() == 5 }
            let subscription = try await broker.subscribe()
            for _ in 1...2 { await (try await subscription.next("a dispatch message"))?.settle() }
            await subscription.close()
            try await eventually(within: .seconds(20), "2 committed") { try await value() == 3 }
            try await broker.publish(messages(100))
            try await eventually(within: .seconds(20), "2 partitions times a target of 10") { try await value() == 20 }
        }
    }

    @Test func messagesRemovedByRetentionAreNotCounted() async throws {
        let settings = try settings(partitions: 1)
        let address = try #require(url.flatMap { URL(string: $0) })
        let (host, port) = (try #require(address.host()), try #require(address.port))
        try await withAdapter(settings) { client, value in
            try await KafkaTaskBroker(client).publish(messages(8))
            try await eventually(within: .seconds(20), "8") { try await value() == 8 }
            try await RecordDeletion.delete(before: 5, of: settings.topic, partition: 0, host: host, port: port)
            try await eventually(within: .seconds(20), "3 of a group that never committed") { try await value() == 3 }
            let subscription = try await KafkaTaskBroker(client).subscribe()
            await (try await subscription.next("a dispatch message"))?.settle()
            await subscription.close()
            try await eventually(within: .seconds(20), "1 committed, at 6") { try await value() == 2 }
            try await RecordDeletion.delete(before: 7, of: settings.topic, partition: 0, host: host, port: port)
            try await eventually(within: .seconds(20), "the log starts after what was committed") { try await value() == 1 }
        }
    }

    /// Neither says anything about the lag, least of all that it is 0.
    @Test(arguments: [true, false])
    func missingTopicsAndUnreachableBrokersAreErrors(isAway: Bool) async throws {
        var settings = try settings()
        if isAway {
            settings.address = try KafkaAddress("kafka://127.0.0.1:1")
            settings.adminTimeout = .milliseconds(300)
        }
        let admin = try KafkaAdmin(settings, logger: Cluster.logger)
        try await Cluster.with { cluster in
            try await cluster.serving(cluster.adapter(KafkaLagSource(admin))) { api in
                let response = try await api.get(metricPath)
                #expect(response.status == 503 && response.body?["reason"] == "ServiceUnavailable" && response.body?["items"] == nil)
            }
        }
        await admin.close()
    }

    private func settings(partitions: Int = 1) throws -> KafkaSettings {
        var settings = KafkaSettings(address: try KafkaAddress(try #require(url)))
        let name = "test-" + UUIDv7.make()
        settings.topic = name
        settings.deadLetterTopic = name + ".dlq"
        settings.eventsTopic = name + ".events"
        settings.group = name
        settings.partitions = partitions
        settings.sessionTimeout = .seconds(6)
        return settings
    }

    /// Runs an adapter against real Kafka. `value` queries it as the API server does; nil for an error.
    private func withAdapter(
        _ settings: KafkaSettings, _ body: @Sendable (KafkaClient, @Sendable () async throws -> Int?) async throws -> Void
    ) async throws {
        let admin = try KafkaAdmin(settings, logger: Cluster.logger)
        let client = try KafkaClient(settings, logger: Cluster.logger)
        let result: Result<Void, any Error>
        do {
            try await Cluster.with { cluster in
                try await cluster.serving(cluster.adapter(KafkaLagSource(admin))) { api in
                    try await body(client) {
                        let response = try await api.get(metricPath)
                        guard response.status == 200 else { return nil }
                        let items = try #require(response.body?["items"]?.arrayValue)
                        return try items.reduce(0) { try $0 + #require($1["value"]?.stringValue.flatMap { Int($0) }) }
                    }
                }
            }
            result = .success(())
        } catch { result = .failure(error) }
        await client.close()
        await admin.close()
        try result.get()
    }

    private func messages(_ count: Int) -> [DispatchMessage] {
        (1...count).map { number in
            DispatchMessage(
                task: TaskID.make(at: SystemClock().now()), tenant: TenantID("tenant"), generation: 1, sequence: number,
                requestID: "request-\(number)")
        }
    }
}
