public import PixelFlowCore

/// Wake-ups and dead letters by Kafka.
public final class KafkaTaskBroker: TaskBroker {
    private let client: KafkaClient
    private let slots: Int

    /// - Parameter slots: tasks that this process works on at a time; about twice as many wake-ups are
    ///   fetched ahead.
    public init(_ client: KafkaClient, slots: Int = 16) {
        self.client = client
        self.slots = slots
    }

    /// - Throws: `broker_unavailable` (`retry == .outage`) where not every wake-up was acknowledged in time.
    public func publish(_ wakeUps: [WakeUp]) async throws {
        let topic = client.settings.topic
        try await client.publish(try wakeUps.map { try WakeUpMessage.make($0, topic: topic) }, to: topic)
    }

    public func deadLetter(_ task: TaskRecord) async throws {
        let topic = client.settings.deadLetterTopic
        try await client.publish([try DeadLetterMessage(task).message(topic: topic)], to: topic)
    }

    /// Joins the group in the background, however long that takes.
    public func subscribe() async throws -> any WakeUpSubscription {
        try WakeUpConsumer(client, prefetch: max(4, 2 * slots))
    }

    public func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool {
        try await client.inquiry.hasDelivered(everythingBefore: time)
    }

    public func check() async throws { try await client.check() }
}
