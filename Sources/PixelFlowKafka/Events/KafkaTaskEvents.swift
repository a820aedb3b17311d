package import PixelFlowCore
import Synchronization

/// Delivers changes of tasks through Kafka to every listening process.
///
/// Every process reads the whole topic independently, from the time of its first subscription. Reading
/// restarts automatically after a failure of the cluster; missed changes can be read from the task store.
package final class KafkaTaskEvents: TaskEvents {
    private let client: KafkaClient
    private let interest: EventInterest
    /// All messages of a process go to one partition, so its changes stay in order.
    private let key = Array(UUIDv7.make().utf8)
    private let listeners: Broadcast<TaskChange>
    private let followers = EventFollowers()
    private let reader = Mutex<EventReader?>(nil)

    /// - Parameters:
    ///   - interest: changes that subscribers in this process receive.
    ///   - buffer: changes buffered for a slow subscriber.
    package init(_ client: KafkaClient, interest: EventInterest = .everything, buffer: Int = 8192) {
        self.client = client
        self.interest = interest
        listeners = Broadcast(capacity: buffer)
    }

    /// Publishes all changes together in as few messages as possible.
    ///
    /// - Throws: `broker_unavailable` (`retry == .outage`) unless all of them were acknowledged in time.
    package func publish(_ changes: [TaskChange]) async throws {
        let topic = client.settings.eventsTopic
        let messages = try ChangeBatch.write(changes).map { value in
            KafkaMessage(topic: topic, key: key, value: value, headers: [("version", ChangeBatch.version)])
        }
        try await client.publish(messages, to: topic)
    }

    /// Returns once the current end of the topic is known, or after the publish timeout; in the latter case, the
    /// stream begins at the end of the topic when the cluster responds. The stream ends with the client.
    package func subscribe(onGap: @escaping @Sendable () -> Void) async throws -> AsyncStream<TaskChange> {
        let stream = listeners.subscribe(onGap: onGap)
        await (try sharedReader()).waitUntilReading(atMost: client.settings.publishTimeout)
        return stream
    }

    /// Returns immediately. Changes published before reading starts count as missed.
    package func follow(_ follower: @escaping @Sendable (FollowedChanges) -> Void) async throws {
        followers.add(follower)
        _ = try sharedReader()
    }

    package func isCurrent(within age: Duration) -> Bool { followers.isCurrent(within: age) }

    private func sharedReader() throws -> EventReader {
        try reader.withLock { reader in
            if let reader { return reader }
            let listeners = listeners
            let made = try EventReader(client, interest: interest, listeners: listeners, followers: followers)
            _ = client.closeFirst {
                await made.close()
                listeners.finish()
            }
            reader = made
            return made
        }
    }
}
