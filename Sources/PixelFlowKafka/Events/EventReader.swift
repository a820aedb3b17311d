import CRDKafka
import Foundation
import Logging
import PixelFlowCore
import Synchronization
import WireFormats

/// Reads all partitions of the events topic on its own thread, without a group and without commits.
final class EventReader: Sendable {
    /// The maximum duration of one poll, and therefore of closing.
    static let pollLimit = Duration.milliseconds(100)
    /// The pause after a failed request to the cluster.
    static let pause = Duration.milliseconds(500)
    /// The interval of checks for new partitions.
    static let survey = Duration.seconds(30)
    /// The interval of queries for the end of the topic while followers need to know whether they are current.
    static let inquiry = Duration.seconds(1)
    /// The timeout of each such query: meanwhile, nothing is read and closing must wait.
    static let inquiryTimeout = Duration.milliseconds(500)

    private let client: KafkaClient
    private let handle: KafkaHandle
    private let topic: String
    private let interest: EventInterest
    private let listeners: Broadcast<TaskChange>
    private let followers: EventFollowers
    private let isReading = AsyncLatch()
    private let isClosing = Atomic(false)
    private let thread = Mutex<DedicatedThread?>(nil)

    /// - Throws: `setting_invalid`.
    init(_ client: KafkaClient, interest: EventInterest, listeners: Broadcast<TaskChange>, followers: EventFollowers)
        throws(PixelFlowError)
    {
        self.client = client
        self.interest = interest
        self.listeners = listeners
        self.followers = followers
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
                    // A topic that replaces it is read from the beginning, because none of it has been delivered.
                    if isReading.hasFired { start = .start }
                }
                // The dedicated thread has nothing else to do.
                Thread.sleep(forTimeInterval: Self.pause.seconds)
            }
        }
    }

    /// Reads until closed.
    ///
    /// - Throws: if reading must start again.
    private func read(from start: KafkaHandle.Bound) throws(KafkaError) {
        try client.topics.make(with: handle)
        var positions = try positions(from: start)
        try assign(positions)
        defer { rd_kafka_assign(handle.pointer, nil) }
        // Changes that were published while nothing was read are unknown.
        reportGap()
        isReading.fire()
        var nextSurvey = ContinuousClock.now + Self.survey
        var end = TopicEnd()
        while !isClosing.load(ordering: .acquiring) {
            try poll(&positions)
            try reach(&end, &positions)
            guard ContinuousClock.now >= nextSurvey else { continue }
            nextSurvey = .now + Self.survey
            try addNewPartitions(&positions, within: client.settings.adminTimeout)
        }
    }

    private func poll(_ positions: inout [Int32: Int64]) throws(KafkaError) {
        guard let message = rd_kafka_consumer_poll(handle.pointer, Int32(Self.pollLimit.milliseconds)) else { return }
        defer { rd_kafka_message_destroy(message) }
        if let failure = KafkaError(unlessOK: message.pointee.err) {
            client.metrics.count(.consumed, topic, .failed)
            guard failure.isUnknownTopic else { return }
            throw failure
        }
        positions[message.pointee.partition] = message.pointee.offset + 1
        receive(message.pointee)
    }

    /// Determines whether everything published before the query has been read.
    private func reach(_ end: inout TopicEnd, _ positions: inout [Int32: Int64]) throws(KafkaError) {
        if let instant = end.instant(reachedBy: positions) { followers.reachedEnd(asOf: instant) }
        let now = ContinuousClock.now
        guard end.isReached, now >= end.nextInquiry, followers.isAsked else { return }
        end.nextInquiry = now + Self.inquiry
        try addNewPartitions(&positions, within: Self.inquiryTimeout)
        let partitions = positions.keys.sorted()
        // If the cluster does not respond, the knowledge of the followers ages.
        guard let offsets = try? handle.bounds(of: topic, partitions, at: .end, within: Self.inquiryTimeout) else { return }
        end.target = (now, Dictionary(uniqueKeysWithValues: zip(partitions, offsets)))
    }

    private func receive(_ message: rd_kafka_message_t) {
        if listeners.isEmpty, followers.isEmpty { return }
        let (changes, undecodable) = ChangeBatch.read(UnsafeRawBufferPointer(start: message.payload, count: message.len), interest)
        if undecodable > 0 {
            client.metrics.count(.consumed, topic, .undecodable)
            client.undecodable.report(topic: topic, partition: message.partition, offset: message.offset)
        } else {
            client.metrics.count(.consumed, topic, .ok)
        }
        if undecodable > 0 { reportGap() }
        guard !changes.isEmpty else { return }
        followers.notify(.changes(changes))
        listeners.send(changes)
    }

    private func reportGap() {
        followers.notify(.gap)
        listeners.reportGap()
    }

    // MARK: Positions

    private func positions(from start: KafkaHandle.Bound) throws(KafkaError) -> [Int32: Int64] {
        let limit = client.settings.adminTimeout
        let partitions = (0..<Int32(try handle.partitionCount(of: topic, within: limit))).map { $0 }
        let bounds = try handle.bounds(of: topic, partitions, at: start, within: limit)
        return Dictionary(uniqueKeysWithValues: zip(partitions, bounds))
    }

    /// New partitions are read from their beginning.
    private func addNewPartitions(_ positions: inout [Int32: Int64], within limit: Duration) throws(KafkaError) {
        // A cluster that does not respond reports no new partitions.
        guard let count = try? handle.partitionCount(of: topic, within: limit), count > positions.count else {
            return
        }
        for partition in 0..<Int32(count) where positions[partition] == nil { positions[partition] = Int64(RD_KAFKA_OFFSET_BEGINNING) }
        try assign(positions)
    }

    private func assign(_ positions: [Int32: Int64]) throws(KafkaError) {
        let list = PartitionList(topic: topic, offsets: positions)
        if let failure = KafkaError(unlessOK: rd_kafka_assign(handle.pointer, list.pointer)) { throw failure }
    }
}

/// The end of the topic at the last query.
private struct TopicEnd {
    var target: (asked: ContinuousClock.Instant, offsets: [Int32: Int64])?
    var nextInquiry = ContinuousClock.now

    var isReached: Bool { target == nil }

    /// The time of the query whose end the positions have reached; nil if they have not, or it has already been reported.
    mutating func instant(reachedBy positions: [Int32: Int64]) -> ContinuousClock.Instant? {
        // A partition to be read from its beginning has a negative position.
        guard let target, target.offsets.allSatisfy({ max(0, positions[$0.key] ?? 0) >= $0.value }) else { return nil }
        self.target = nil
        return target.asked
    }
}
