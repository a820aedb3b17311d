package import PixelFlowKafka

/// Where the adapter learns how far the workers' group is behind.
package protocol LagSource: Sendable {
    /// - Throws: where it cannot be told.
    func lag() async throws -> KafkaGroupLag
}

/// Asks Kafka for the group and topic of its settings.
package struct KafkaLagSource: LagSource {
    private let inquiry: KafkaAdmin

    package init(_ inquiry: KafkaAdmin) { self.inquiry = inquiry }

    package func lag() async throws -> KafkaGroupLag { try await inquiry.lag() }
}
