import CRDKafka
import Foundation
import Logging
import PixelFlowCore
import Synchronization
import WireFormats

/// Reads all partitions of the events' topic on a thread of its own, without a group and without commits.
final class EventReader: Sendable {
    /// How long one poll may last, and therefore closing.
    static let pollLimit = Duration.milliseconds(100)
    /// How long the cluster is left alone after it did not answer.
    static let pause = Duration.milliseconds(500)
    /// How often new partitions are looked for.
    static let survey = Duration.seconds(30)

    private let client: KafkaClient
    private let handle: KafkaHandle
    private let topic: String
    private let interest: EventInterest
    private let listeners: Broadcast<TaskChange>
    private let isReading = AsyncLatch()
    private let isClosing = Atomic(false)
    private let thread = Mutex<DedicatedThread?>(nil)

    /// - Throws: `setting_invalid`.
    init(_ client: KafkaClient, interest: EventInterest, listeners: Broadcast<TaskChange>) throws(PixelFlowError) {
        self.client = client
        self.interest = interest
        self.listeners = listeners
        topic = client.settings.eventsTopic
        let metrics = client.metrics
        let callbacks = KafkaCallbacks(
            log: KafkaLog(client.logger, client: "events"), statistics: { metrics.record(statistics: $0, of: "events") })
        handle = try KafkaHandle(.consumer, KafkaProperties.eventReader(client.settings), callbacks: callbacks)
        thread.withLock { $0 = DedicatedThread(name: "kafka-events") { self.run() } }
    }

    func waitUntilReading(atMost limit: Duration) async { _ = await isReading.wait(atMost: limit) }

    func close() async {
        isClosing.store(true, ordering: .releasing)
        await thread.withLock { $0 }?.wait(atMost: .seconds(2))
    }

    // MARK: The thread

    private func run() {
        var start = KafkaHandle.Bound.end
        while !isClosing.load(ordering: .acquiring) {
            do {
                try read(from: start)
                return
            } catch {
                client.logger.debug("kafka events not reachable, retrying", metadata: ["error": "\(error)"])
                if error.isUnknownTopic {
                    client.topics.forget()
                    // The topic that replaces it is read from the beginning, since nothing of it has been delivered yet.
                    if isReading.hasFired { start = .start }
                }
                // The dedicated thread has nothing else to do.
                Thread.sleep(forTimeInterval: Self.pause.seconds)
            }
        }
    }

    /// Reads until it is closed.
    ///
    /// - Throws: where reading must begin again.
    private func read(from start: KafkaHandle.Bound) throws(KafkaFailure) {
        try client.topics.make(with: handle)
        var positions = try positions(from: start)
        try assign(positions)
        defer { rd_kafka_assign(handle.pointer, nil) }
        isReading.fire()
        var nextSurvey = ContinuousClock.now + Self.survey
        while !isClosing.load(ordering: .acquiring) {
            try poll(&positions)
            guard ContinuousClock.now >= nextSurvey else { continue }
            nextSurvey = .now + Self.survey
            try addNewPartitions(&positions)
        }
    }

    private func poll(_ positions: inout [Int32: Int64]) throws(KafkaFailure) {
        guard let message = rd_kafka_consumer_poll(handle.pointer, Int32(Self.pollLimit.milliseconds)) else { return }
        defer { rd_kafka_message_destroy(message) }
        if let failure = KafkaFailure(unlessOK: message.pointee.err) {
            client.metrics.count(.consumed, topic, .failed)
            guard failure.isUnknownTopic else { return }
            throw failure
        }
        positions[message.pointee.partition] = message.pointee.offset + 1
        receive(message.pointee)
    }

    private func receive(_ message: rd_kafka_message_t) {
        if listeners.isEmpty { return }
        let (changes, undecodable) = ChangeBatch.read(UnsafeRawBufferPointer(start: message.payload, count: message.len), interest)
        if undecodable > 0 {
            client.metrics.count(.consumed, topic, .undecodable)
            client.undecodable.report(topic: topic, partition: message.partition, offset: message.offset)
        } else {
            client.metrics.count(.consumed, topic, .ok)
        }
        if !changes.isEmpty { listeners.send(changes) }
    }

    // MARK: Positions

    private func positions(from start: KafkaHandle.Bound) throws(KafkaFailure) -> [Int32: Int64] {
        let limit = client.settings.adminTimeout
        let partitions = (0..<Int32(try handle.partitionCount(of: topic, within: limit))).map { $0 }
        let bounds = try handle.bounds(of: topic, partitions, at: start, within: limit)
        return Dictionary(uniqueKeysWithValues: zip(partitions, bounds))
    }

    /// New partitions are read from their beginning.
    private func addNewPartitions(_ positions: inout [Int32: Int64]) throws(KafkaFailure) {
        // A cluster that does not answer now has reported no new partitions.
        guard let count = try? handle.partitionCount(of: topic, within: client.settings.adminTimeout), count > positions.count else {
            return
        }
        for partition in 0..<Int32(count) where positions[partition] == nil { positions[partition] = Int64(RD_KAFKA_OFFSET_BEGINNING) }
        try assign(positions)
    }

    private func assign(_ positions: [Int32: Int64]) throws(KafkaFailure) {
        let list = PartitionList(topic: topic, offsets: positions)
        if let failure = KafkaFailure(unlessOK: rd_kafka_assign(handle.pointer, list.pointer)) { throw failure }
    }
}
