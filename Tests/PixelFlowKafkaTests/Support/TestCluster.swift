import Foundation
import Logging
import PixelFlowCore
import PixelFlowKafka
import Testing

/// The Kafka-compatible server that tests use; `make stack-up` starts one and prints its address.
enum TestCluster {
    static let url = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_KAFKA_URL"]
    static let comment: Comment = "needs PIXELFLOW_TEST_KAFKA_URL, as in kafka://127.0.0.1:19092; `make stack-up` prints it"

    /// Settings with unique topics and groups, so that tests can run concurrently and repeatedly.
    static func settings(url: String? = nil, partitions: Int = 4) throws -> KafkaSettings {
        var settings = KafkaSettings(address: try KafkaAddress(try #require(url ?? self.url)))
        let name = "test-" + UUIDv7.make()
        settings.topic = name
        settings.deadLetterTopic = name + ".dlq"
        settings.eventsTopic = name + ".events"
        settings.group = name
        settings.partitions = partitions
        // In the fake Kafka, a group waits for members that are gone until their sessions expire.
        settings.sessionTimeout = .seconds(6)
        return settings
    }

    static func client(_ settings: KafkaSettings? = nil) throws -> KafkaClient {
        try KafkaClient(try settings ?? self.settings(), logger: logger)
    }

    /// Silent, unless PIXELFLOW_TEST_LOG is set.
    static var logger: Logger {
        var logger = Logger(label: "kafka-tests")
        logger.logLevel = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_LOG"] == nil ? .critical : .debug
        return logger
    }

    /// Runs `body` with a client and closes that afterwards.
    static func withClient<Result>(_ settings: KafkaSettings? = nil, _ body: (KafkaClient) async throws -> Result) async throws -> Result {
        let client = try client(settings)
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }
}

func messages(_ numbers: some Sequence<Int>) -> [DispatchMessage] {
    let now = SystemClock().now()
    return numbers.map { number in
        DispatchMessage(
            task: TaskID.make(at: now + .milliseconds(number)), tenant: TenantID("tenant"), generation: 1, sequence: number,
            requestID: "request-\(number)")
    }
}

func change(_ number: Int, cancelRequested: Bool = false, padding: Int = 0) -> TaskChange {
    let now = SystemClock().now()
    var task = TaskRecord(
        id: TaskID.make(at: now), tenant: TenantID("tenant"), owner: UserID("user"), source: .url("https://example.com/a.jpg"),
        pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: String(repeating: "x", count: padding),
        requestID: "request-\(number)", createdAt: now)
    task.cancelRequested = cancelRequested
    return TaskChange(task)
}
