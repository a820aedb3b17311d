import Conformance
import PixelFlowCore
import PixelFlowEmbedded
import Testing

@Suite struct BrokerConformanceTests {
    @Test(arguments: TaskBrokerConformance.cases)
    func brokerConforms(rule: ConformanceCase<TaskBrokerConformance>) async throws {
        try await rule.run { TaskBrokerConformance(broker: InProcessBroker()) }
    }

    @Test(arguments: TaskEventsConformance.cases)
    func eventsConform(rule: ConformanceCase<TaskEventsConformance>) async throws {
        try await rule.run { TaskEventsConformance(events: InProcessTaskEvents()) }
    }
}
