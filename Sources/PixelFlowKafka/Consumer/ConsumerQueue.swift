import CRDKafka
import Synchronization

/// The queue that a consumer polls, with which another thread can end a poll.
///
/// `@unchecked Sendable`: the queue may be used from any thread; the pointer is guarded by the lock.
final class ConsumerQueue: @unchecked Sendable {
    private let pointer: Mutex<OpaquePointer?>

    init(_ handle: KafkaHandle) { pointer = Mutex(rd_kafka_queue_get_consumer(handle.pointer)) }

    /// Ends the current poll or the next one.
    func `yield`() {
        pointer.withLock { if let queue = $0 { rd_kafka_queue_yield(queue) } }
    }

    /// The number of fetched messages that have not been requested yet.
    var length: Int { pointer.withLock { $0.map(rd_kafka_queue_length) ?? 0 } }

    /// Must be called before the consumer is destroyed.
    func release() {
        pointer.withLock { pointer in
            if let queue = pointer { rd_kafka_queue_destroy(queue) }
            pointer = nil
        }
    }

    deinit { release() }
}
