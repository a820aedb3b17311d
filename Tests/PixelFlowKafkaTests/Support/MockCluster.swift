import Conformance
import Foundation
import Logging
import Synchronization

@testable import PixelFlowKafka

/// librdkafka's mock cluster in this process, in memory; does not create topics on request.
final class MockCluster: Sendable {
    private let handle: KafkaHandle
    private let addresses: Addresses

    private final class Addresses: Sendable {
        let first = Mutex<String?>(nil)
    }

    init() throws {
        let addresses = Addresses()
        let callbacks = KafkaCallbacks(
            log: KafkaLog(Logger(label: "mock") { _ in SwiftLogNoOpLogHandler() }, client: "mock"),
            statistics: { text in
                guard let found = Self.address(in: text) else { return }
                addresses.first.withLock { $0 = found }
            })
        self.addresses = addresses
        handle = try KafkaHandle(
            .producer, KafkaProperties(values: ["test.mock.num.brokers": "1", "statistics.interval.ms": "50"]), callbacks: callbacks)
    }

    /// Its address, from the statistics of its host.
    func url() async throws -> String {
        try await eventually("the mock cluster's address") {
            handle.serve(atMost: .zero)
            return addresses.first.withLock { $0 }.map { "kafka://\($0)" }
        }
    }

    private struct Statistics: Decodable {
        struct Broker: Decodable {
            var nodename: String
        }
        var brokers: [String: Broker]
    }

    private static func address(in text: String) -> String? {
        let statistics = try? JSONDecoder().decode(Statistics.self, from: Data(text.utf8))
        return statistics?.brokers.values.map(\.nodename).first { $0.hasPrefix("127.0.0.1:") && !$0.hasSuffix(":0") }
    }
}
