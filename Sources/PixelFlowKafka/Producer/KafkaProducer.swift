import Logging
import PixelFlowCore
import Synchronization

/// The idempotent producer of a process. Replaces its instance if that has become unusable, for example
/// after the cluster has lost data.
final class KafkaProducer: Sendable {
    /// Messages enqueued per call: far fewer than the local queue holds, so that no caller can fill it alone.
    static let window = 5_000

    private let properties: KafkaProperties
    private let callbacks: KafkaCallbacks
    private let logger: Logger
    private let current: Mutex<ProducerInstance>

    /// - Throws: `setting_invalid`.
    init(settings: KafkaSettings, statistics: @escaping @Sendable (String) -> Void, logger: Logger) throws(PixelFlowError) {
        properties = KafkaProperties.producer(settings)
        callbacks = KafkaCallbacks(log: KafkaLog(logger, client: "producer"), statistics: statistics)
        self.logger = logger
        current = Mutex(ProducerInstance(try KafkaHandle(.producer, properties, callbacks: callbacks)))
    }

    /// The current instance, also used for administrative requests.
    var handle: KafkaHandle { current.withLock { $0.handle } }

    /// Publishes messages. Returns when all replicas have all messages.
    ///
    /// - Throws: `KafkaError` of the first message that was not acknowledged in time.
    func send(_ messages: [KafkaMessage]) async throws {
        var rest = messages[...]
        while !rest.isEmpty {
            let window = rest.prefix(Self.window)
            rest = rest.dropFirst(window.count)
            let instance = current.withLock { $0 }
            do {
                try await send(window, by: instance)
            } catch {
                guard instance.isUseless, let other = replace(instance) else { throw error }
                try await send(window, by: other)
            }
        }
    }

    /// Flushes messages in progress, if possible within `limit`, and closes.
    func close(within limit: Duration) async {
        let instance = current.withLock { $0 }
        instance.end(dropping: false)
        await instance.waitForEnd(atMost: limit)
        instance.end(dropping: true)
    }

    private func send(_ window: ArraySlice<KafkaMessage>, by instance: ProducerInstance) async throws {
        try await withCheckedThrowingContinuation { continuation in
            instance.send(window, DeliveryReceipt(messages: window.count, continuation))
        }
    }

    /// Starts another instance, unless a concurrent call has already done so.
    ///
    /// - Returns: the instance to use from now on.
    private func replace(_ useless: ProducerInstance) -> ProducerInstance? {
        let instance: ProducerInstance? = current.withLock { current in
            guard current === useless else { return current }
            guard let handle = try? KafkaHandle(.producer, properties, callbacks: callbacks) else { return nil }
            current = ProducerInstance(handle)
            return current
        }
        logger.warning("kafka producer failed, replaced")
        useless.end(dropping: true)
        return instance
    }
}

/// A message to publish.
struct KafkaMessage: Sendable {
    var topic: String
    var key: [UInt8]
    var value: [UInt8]
    var headers: [(name: String, value: String)]
}
