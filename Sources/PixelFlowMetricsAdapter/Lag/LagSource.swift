package import PixelFlowKafka

/// The source of the lag of the workers' group.
package protocol LagSource: Sendable {
    /// - Throws: if it cannot be read.
    func lag() async throws -> KafkaGroupLag
}

/// Queries Kafka for the group and topic in its settings.
package struct KafkaLagSource: LagSource {
    private let inquiry: KafkaAdmin

    package init(_ inquiry: KafkaAdmin) { self.inquiry = inquiry }

    package func lag() async throws -> KafkaGroupLag { try await inquiry.lag() }
}
