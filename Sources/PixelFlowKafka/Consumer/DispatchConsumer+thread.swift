import CRDKafka
import Foundation
import Logging
import PixelFlowCore
import Synchronization
import WireFormats

/// The parts that run on the consumer's own thread.
extension DispatchConsumer {
    func run() {
        join()
        while true {
            let (isClosing, isWanted, isPaused) = state.withLock { ($0.isClosing, !$0.waiters.isEmpty, $0.isPaused) }
            if isClosing { break }
            switch (isWanted, isPaused) {
            case (true, true): pause(false)
            case (true, false): poll()
            case (false, true): rest(as: .paused) { poll() }
            case (false, false): rest(as: .waiting) { if !waitForDemand() { pause(true) } }
            }
        }
        finish()
        commitAndWaitToLeave()
        // Commits settled offsets and leaves the group.
        rd_kafka_consumer_close(handle.pointer)
    }

    /// Subscribes once the topics exist, or immediately if that is unknown, in which case the client
    /// discovers them later on its own.
    private func join() {
        try? client.topics.make(with: handle)
        let topics = PartitionList(topic: topic, partitions: [RD_KAFKA_PARTITION_UA])
        let failure = KafkaError(unlessOK: rd_kafka_subscribe(handle.pointer, topics.pointer))
        if let failure { client.logger.error("cannot subscribe", metadata: ["error": "\(failure)"]) }
    }

    private func poll() {
        guard let message = rd_kafka_consumer_poll(handle.pointer, Int32(Self.pollLimit.milliseconds)) else { return }
        defer { rd_kafka_message_destroy(message) }
        if let failure = KafkaError(unlessOK: message.pointee.err) { return recover(from: failure) }
        receive(message.pointee)
    }

    private func receive(_ message: rd_kafka_message_t) {
        guard let position = state.withLock({ $0.assignments.deliver(partition: message.partition, offset: message.offset) }) else {
            return
        }
        guard let dispatched = DispatchMessageCoder.read(UnsafeRawBufferPointer(start: message.payload, count: message.len)) else {
            client.metrics.count(.consumed, topic, .undecodable)
            client.undecodable.report(topic: topic, partition: message.partition, offset: message.offset)
            return settle(position)
        }
        client.metrics.count(.consumed, topic, .ok)
        hand(PartitionAssignments.Entry(message: dispatched, position: position))
    }

    private func recover(from failure: KafkaError) {
        client.metrics.count(.consumed, topic, .failed)
        client.logger.debug("kafka consumer error", metadata: ["error": "\(failure)"])
        guard failure.isUnknownTopic else { return }
        client.topics.forget()
        try? client.topics.make(with: handle)
    }

    // MARK: Partitions

    /// Called by librdkafka on this thread during `poll` and during closing.
    func rebalance(_ code: rd_kafka_resp_err_t, _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        let isAssigning = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        let numbers = isAssigning ? PartitionList.entries(partitions).map(\.partition) : []
        let isPaused = state.withLock { state in
            state.assignments.assign(numbers)
            return state.isPaused
        }
        rd_kafka_assign(handle.pointer, isAssigning ? partitions : nil)
        // A reassigned partition keeps its earlier state, paused or not.
        if isAssigning { fetch(partitions, !isPaused) }
        client.metrics.rebalanced(assigned: isAssigning)
        let list = numbers.sorted().map(String.init).joined(separator: ",")
        client.logger.info("kafka partitions \(isAssigning ? "assigned" : "revoked")", metadata: ["partitions": "\(list)"])
    }

    /// Pauses or resumes fetching. Prefetched messages that were not requested are fetched again.
    private func pause(_ isPaused: Bool) {
        let numbers = state.withLock { state in
            state.isPaused = isPaused
            return state.assignments.partitions
        }
        let partitions = PartitionList(topic: topic, partitions: numbers)
        fetch(partitions.pointer, !isPaused)
    }

    private func fetch(_ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, _ isWanted: Bool) {
        if isWanted {
            rd_kafka_resume_partitions(handle.pointer, partitions)
        } else {
            rd_kafka_pause_partitions(handle.pointer, partitions)
        }
    }
}
