public import PixelFlowCore
import Synchronization

/// Changes of tasks by Kafka, to every process that listens.
///
/// Every process reads the whole topic by itself, from the moment of its first subscription. Reading
/// begins anew by itself after any failure of the cluster; what is missed meanwhile is in the task store.
public final class KafkaTaskEvents: TaskEvents {
    private struct Listeners {
        var next = 0
        var active: [Int: AsyncStream<TaskChange>.Continuation] = [:]
        var reader: EventReader?
        var isClosed = false
    }

    private let client: KafkaClient
    private let interest: EventInterest
    private let buffer: Int
    /// Messages of one process stay in one partition, so its changes stay in order.
    private let key = Array(UUIDv7.make().utf8)
    private let listeners = Mutex(Listeners())

    /// - Parameters:
    ///   - interest: changes that subscribers of this process hear of.
    ///   - buffer: changes kept for a subscriber that lags behind.
    public init(_ client: KafkaClient, interest: EventInterest = .everything, buffer: Int = 8192) {
        self.client = client
        self.interest = interest
        self.buffer = buffer
    }

    /// Publishes all changes together, in as few messages as there can be.
    ///
    /// - Throws: `broker_unavailable` (`retry == .outage`) where not all of them were acknowledged in time.
    public func publish(_ changes: [TaskChange]) async throws {
        let topic = client.settings.eventsTopic
        let messages = try ChangeBatch.write(changes).map { value in
            KafkaMessage(topic: topic, key: key, value: value, headers: [("version", ChangeBatch.version)])
        }
        try await client.publish(messages, to: topic)
    }

    /// Returns once the present end of the topic is known, or after the publish timeout: then the
    /// stream begins where the topic ends when the cluster answers.
    public func subscribe() async throws -> AsyncStream<TaskChange> {
        let (stream, continuation) = AsyncStream.makeStream(of: TaskChange.self, bufferingPolicy: .bufferingNewest(buffer))
        guard let reader = try listen(continuation) else {
            continuation.finish()
            return stream
        }
        await reader.waitUntilReading(atMost: client.settings.publishTimeout)
        return stream
    }

    /// Nil once the client has been closed.
    private func listen(_ continuation: AsyncStream<TaskChange>.Continuation) throws -> EventReader? {
        try listeners.withLock { listeners in
            guard !listeners.isClosed else { return nil }
            let reader = try listeners.reader ?? makeReader()
            listeners.reader = reader
            listeners.next += 1
            let number = listeners.next
            listeners.active[number] = continuation
            continuation.onTermination = { [weak self] _ in self?.remove(number) }
            return reader
        }
    }

    private func makeReader() throws(PixelFlowError) -> EventReader {
        let reader = try EventReader(client, interest: interest) { [weak self] in
            self?.deliver($0)
        } isWanted: { [weak self] in
            self?.listeners.withLock { !$0.active.isEmpty } ?? false
        }
        _ = client.closeFirst { [weak self] in
            await reader.close()
            self?.end()
        }
        return reader
    }

    private func deliver(_ changes: [TaskChange]) {
        let continuations = listeners.withLock { Array($0.active.values) }
        for change in changes {
            for continuation in continuations { continuation.yield(change) }
        }
    }

    private func remove(_ number: Int) { listeners.withLock { _ = $0.active.removeValue(forKey: number) } }

    private func end() {
        let continuations = listeners.withLock { listeners in
            listeners.isClosed = true
            listeners.reader = nil
            return Array(listeners.active.values)
        }
        continuations.forEach { $0.finish() }
    }
}
