public import PixelFlowKafka

/// Where the adapter learns how far the workers' group is behind.
public protocol LagSource: Sendable {
    /// - Throws: where it cannot be told.
    func lag() async throws -> KafkaGroupLag
}

/// Asks Kafka for the group and topic of its settings.
public struct KafkaLagSource: LagSource {
    private let inquiry: KafkaInquiry

    public init(_ inquiry: KafkaInquiry) { self.inquiry = inquiry }

    public func lag() async throws -> KafkaGroupLag { try await inquiry.lag() }
}
