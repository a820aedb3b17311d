import CircuitBreaker
package import Logging
package import Metrics
package import PixelFlowCore
import Synchronization

/// A process's connection to a Kafka cluster: one producer that broker and events share.
///
/// The client is created immediately and connects in the background, so that a process can start while the cluster is down;
/// `check` reports the outage.
package final class KafkaClient: Sendable {
    package let settings: KafkaSettings
    /// Reports the lag of the workers.
    package let admin: KafkaAdmin
    let topics: TopicProvisioner
    let metrics: KafkaMetrics
    let undecodable: UndecodableReport
    let logger: Logger
    private let producer: KafkaProducer
    private let breaker: CircuitBreaker
    private let threads: AdminThreads
    private let making = SingleFlight<Void>()
    private let checking = SingleFlight<Void>()
    private let dependents = Mutex<(next: Int, closing: [Int: @Sendable () async -> Void])>((0, [:]))

    /// - Parameter metrics: receives all metrics; tests pass their own.
    /// - Throws: `setting_invalid` if the security settings are not acceptable.
    package init(
        _ settings: KafkaSettings, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) throws(PixelFlowError) {
        let threads = AdminThreads()
        let own = KafkaMetrics(metrics)
        let producer = try KafkaProducer(settings: settings, statistics: { own.record(statistics: $0, of: "producer") }, logger: logger)
        self.settings = settings
        self.logger = logger
        self.metrics = own
        undecodable = UndecodableReport(logger)
        self.threads = threads
        self.producer = producer
        breaker = CircuitBreaker(name: "broker", metrics: metrics)
        topics = TopicProvisioner(settings, logger: logger)
        admin = KafkaAdmin(settings, threads: threads) { producer.handle }
        // The first attempt. Code that needs a topic earlier retries.
        Task { try? await makeTopics() }
    }

    /// Returns if the cluster responds and the topics exist.
    ///
    /// - Throws: `broker_unavailable`.
    package func check() async throws {
        let (topic, limit) = (settings.topic, settings.adminTimeout)
        do {
            try await checking.run { [self] in
                try await makeTopics()
                do {
                    _ = try await threads.run { [producer] in try producer.handle.partitionCount(of: topic, within: limit) }
                } catch let failure as KafkaError where failure.isUnknownTopic {
                    topics.forget()
                    throw failure
                }
            }
        } catch {
            throw PixelFlowError.unavailable("broker", cause: error)
        }
    }

    /// Closes subscriptions, flushes messages in progress, and returns after at most about the publish timeout.
    package func close() async {
        let closing = dependents.withLock { dependents in
            defer { dependents.closing = [:] }
            return dependents.closing.values
        }
        for close in closing { await close() }
        await producer.close(within: settings.publishTimeout)
        await threads.close()
    }

    /// Sends an administrative request over the producer's connections.
    ///
    /// - Throws: `broker_unavailable`, with the `KafkaError` as its cause.
    func administer<Value: Sendable>(_ body: @escaping @Sendable (KafkaHandle, KafkaSettings) throws -> Value) async throws -> Value {
        do {
            return try await threads.run { [producer, settings] in try body(producer.handle, settings) }
        } catch {
            throw PixelFlowError.unavailable("broker", cause: error)
        }
    }

    /// Publishes to one topic. Returns when all replicas have acknowledged all messages.
    ///
    /// - Throws: `broker_unavailable`, also if the local queue is full; some messages may already have been accepted.
    func publish(_ messages: [KafkaMessage], to topic: String) async throws {
        guard !messages.isEmpty else { return }
        let start = ContinuousClock.now
        do {
            try await breaker.run { [self] in
                try await makeTopics()
                try await producer.send(messages)
            }
            metrics.published(in: ContinuousClock.now - start)
            metrics.count(.published, topic, .ok, messages: messages.count)
        } catch {
            metrics.count(.published, topic, .failed, messages: messages.count)
            // Unacknowledged messages may mean that the topic is gone.
            if error is KafkaError { topics.forget() }
            throw PixelFlowError.unavailable("broker", cause: error)
        }
    }

    /// Calls `close` before this client closes, unless `release` is called earlier with the returned number.
    func closeFirst(_ close: @escaping @Sendable () async -> Void) -> Int {
        dependents.withLock { dependents in
            dependents.next += 1
            dependents.closing[dependents.next] = close
            return dependents.next
        }
    }

    func release(_ number: Int) { dependents.withLock { _ = $0.closing.removeValue(forKey: number) } }

    private func makeTopics() async throws {
        guard !topics.areMade else { return }
        try await making.run { [topics, producer, threads] in
            try await threads.run { try topics.make(with: producer.handle) }
        }
    }
}
