import Conformance
import PixelFlowCore
import PixelFlowKafka
import Testing

@Suite(.enabled(if: TestCluster.url != nil, TestCluster.comment)) struct KafkaConformanceTests {
    @Test(arguments: TaskBrokerConformance.cases)
    func brokerConforms(rule: ConformanceCase<TaskBrokerConformance>) async throws {
        try await TestCluster.withClient { client in
            try await rule.run { TaskBrokerConformance(broker: KafkaTaskBroker(client), deadline: .seconds(40)) }
        }
    }

    @Test(arguments: TaskEventsConformance.cases)
    func eventsConform(rule: ConformanceCase<TaskEventsConformance>) async throws {
        try await TestCluster.withClient { client in
            try await rule.run { TaskEventsConformance(events: KafkaTaskEvents(client), deadline: .seconds(120)) }
        }
    }
}
