import CRDKafka
import PixelFlowCore
import Synchronization

/// A running producer and the thread that polls it.
final class ProducerInstance: Sendable {
    let handle: KafkaHandle
    private let thread: DedicatedThread
    private let life: Life

    /// Whether messages are still accepted. Guards each enqueue, so that every accepted message is reported.
    private final class Life: Sendable {
        enum Phase {
            case open, draining, abandoned
        }
        let phase = Mutex(Phase.open)
    }

    init(_ handle: KafkaHandle) {
        self.handle = handle
        let life = Life()
        self.life = life
        thread = DedicatedThread(name: "kafka-producer") { Self.poll(handle, life) }
    }

    /// Enqueues as many messages as possible. The receipt is notified about each of them, now or later.
    func send(_ messages: ArraySlice<KafkaMessage>, _ receipt: DeliveryReceipt) {
        let (taken, failure) = life.phase.withLock { phase -> (Int, KafkaError?) in
            guard phase == .open else { return (0, KafkaError(RD_KAFKA_RESP_ERR__DESTROY)) }
            for (index, message) in messages.enumerated() {
                if let failure = handle.produce(message, receipt) { return (index, failure) }
            }
            return (messages.count, nil)
        }
        if taken < messages.count { receipt.report(failure, messages: messages.count - taken) }
    }

    /// Rejects further messages. Those in progress fail immediately if `drops` is set; otherwise they are sent or time out.
    func end(dropping drops: Bool) { life.phase.withLock { $0 = drops ? .abandoned : .draining } }

    /// Whether it can never publish again.
    var isUseless: Bool { rd_kafka_fatal_error(handle.pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR }

    func waitForEnd(atMost limit: Duration) async { await thread.wait(atMost: limit) }

    private static func poll(_ handle: KafkaHandle, _ life: Life) {
        while life.phase.withLock({ $0 == .open }) { handle.serve(atMost: .milliseconds(100)) }
        while rd_kafka_outq_len(handle.pointer) > 0 {
            if life.phase.withLock({ $0 == .abandoned }) {
                rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            }
            handle.serve(atMost: .milliseconds(50))
        }
    }
}

extension KafkaHandle {
    /// Adds a message to the local queue.
    ///
    /// - Returns: why it was rejected, in which case the receipt is not notified.
    fileprivate func produce(_ message: KafkaMessage, _ receipt: DeliveryReceipt) -> KafkaError? {
        let headers = rd_kafka_headers_new(message.headers.count)
        for (name, value) in message.headers { rd_kafka_header_add(headers, name, -1, value, value.utf8.count) }
        let opaque = receipt.pass()
        let code = message.key.withUnsafeBytes { key in
            message.value.withUnsafeBytes { value in
                crd_produce(pointer, message.topic, key.baseAddress, key.count, value.baseAddress, value.count, headers, opaque)
            }
        }
        guard let failure = KafkaError(unlessOK: code) else { return nil }
        if let headers { rd_kafka_headers_destroy(headers) }
        _ = DeliveryReceipt.take(opaque)
        return failure
    }
}
