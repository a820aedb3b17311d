package import PixelFlowCore

/// Publishes and receives dispatch messages and dead letters through Kafka.
package final class KafkaTaskBroker: TaskBroker {
    let client: KafkaClient
    private let slots: Int
    private let lanes: Set<Lane>

    /// - Parameters:
    ///   - slots: tasks that this process works on concurrently; about twice as many dispatch messages are prefetched.
    ///   - lanes: the lanes that a subscription receives. Each has its own topic, whose partitions are assigned to the members of the
    ///     group that subscribe to it.
    package init(_ client: KafkaClient, slots: Int = 16, lanes: Set<Lane> = Set(Lane.allCases)) {
        self.client = client
        self.slots = slots
        self.lanes = lanes
    }

    /// - Throws: `broker_unavailable` (`retry == .outage`) unless all dispatch messages were acknowledged in time.
    package func publish(_ messages: [DispatchMessage]) async throws {
        // Publish the highest lane first. If one fails, those already published stay published.
        for (lane, messages) in Dictionary(grouping: messages, by: \.lane).sorted(by: { $0.key < $1.key }) {
            let topic = client.settings.topic(of: lane)
            try await client.publish(try messages.map { try DispatchMessageCoder.make($0, topic: topic) }, to: topic)
        }
    }

    package func deadLetter(_ task: TaskRecord) async throws {
        let topic = client.settings.deadLetterTopic
        try await client.publish([try DeadLetterMessage(task).message(topic: topic)], to: topic)
    }

    /// Joins the group in the background, regardless of how long that takes.
    package func subscribe() async throws -> any DispatchSubscription {
        var lanes: [Lane: DispatchConsumer] = [:]
        for lane in self.lanes {
            lanes[lane] = try DispatchConsumer(client, topic: client.settings.topic(of: lane), prefetch: max(4, 2 * slots))
        }
        return LanedSubscription(lanes, ahead: max(2, slots / 2))
    }

    package func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool {
        try await client.admin.hasDelivered(everythingBefore: time)
    }

    package func check() async throws { try await client.check() }
}
