import CRDKafka
import Dispatch
import Logging
import PixelFlowCore
import Synchronization
import WireFormats

/// A worker's membership in the consumer group for one lane.
///
/// One thread polls, one message at a time and only while a caller waits in `next()`. If no caller
/// waits for a while, it pauses the partitions (not immediately, because resuming discards prefetched messages) but keeps
/// polling, so that the membership survives regardless of how long tasks take.
final class DispatchConsumer: DispatchSubscription {
    /// How long there may be no waiting caller before the partitions are paused. Long enough for most tasks,
    /// because resuming discards prefetched messages; short enough not to delay a rebalance.
    static let demandTimeout = Duration.seconds(1)
    /// The maximum duration of one poll; `wake` ends it earlier.
    static let pollLimit = Duration.milliseconds(200)
    static let lagInterval = Duration.seconds(10)
    /// How long a stopped member waits for others of its process before it leaves.
    static let leaveLimit = Duration.seconds(5)

    enum PollState {
        /// Checks for demand before it sleeps.
        case awake
        /// Waits for demand.
        case waiting
        /// Polls paused partitions.
        case paused
        case ended
    }

    struct State {
        var assignments = PartitionAssignments()
        var waiters: [(number: Int, continuation: CheckedContinuation<DispatchDelivery?, any Error>)] = []
        var next = 0
        var isClosing = false
        var isPaused = false
        var pollState = PollState.awake
    }

    let client: KafkaClient
    let handle: KafkaHandle
    let state = Mutex(State())
    let topic: String
    let queue: ConsumerQueue
    private let demand = DispatchSemaphore(value: 0)
    private let leaving = DispatchSemaphore(value: 0)
    private let committed = AsyncLatch()
    private let thread = Mutex<DedicatedThread?>(nil)
    private let lagReports = Mutex<Task<Void, Never>?>(nil)
    private let registration = Mutex<Int?>(nil)

    /// - Parameters:
    ///   - topic: the topic of one lane.
    ///   - prefetch: dispatch messages that are fetched before they are requested.
    /// - Throws: `setting_invalid`.
    init(_ client: KafkaClient, topic: String, prefetch: Int) throws(PixelFlowError) {
        self.client = client
        self.topic = topic
        let rebalancing = Rebalancing()
        let metrics = client.metrics
        let callbacks = KafkaCallbacks(
            log: KafkaLog(client.logger, client: "worker"), statistics: { metrics.record(statistics: $0, of: "worker") },
            rebalance: { rebalancing.consumer?.rebalance($0, $1) })
        handle = try KafkaHandle(.consumer, KafkaProperties.groupMember(client.settings, prefetch: prefetch), callbacks: callbacks)
        queue = ConsumerQueue(handle)
        rebalancing.consumer = self
        start()
    }

    private func start() {
        registration.withLock { $0 = client.closeFirst { await self.close() } }
        thread.withLock { $0 = DedicatedThread(name: "kafka-worker") { self.run() } }
        lagReports.withLock { $0 = Task { await self.reportLag() } }
    }

    // MARK: DispatchSubscription

    func next() async throws -> DispatchDelivery? {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in wait(number, continuation) }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func wait(_ number: Int, _ continuation: CheckedContinuation<DispatchDelivery?, any Error>) {
        let result: Result<DispatchDelivery?, any Error>? = state.withLock { state in
            if Task.isCancelled { return .failure(CancellationError()) }
            if state.isClosing { return .success(nil) }
            if let entry = state.assignments.takeHeld() { return .success(delivery(entry)) }
            state.waiters.append((number, continuation))
            wake(&state)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    func close() async {
        await stop()
        leaving.signal()
        // Leaving takes one or two round trips. Do not wait longer for a cluster that is down.
        await thread.withLock { $0 }?.wait(atMost: .seconds(5))
    }

    /// Stops deliveries and commits settled offsets, but stays in the group; `close` leaves it.
    ///
    /// Members of one process that leave together all call this first: once one of them has left, the group rebalances and may
    /// reject commits of the others.
    func stop() async {
        let waiters = state.withLock { state in
            state.isClosing = true
            wake(&state)
            defer { state.waiters = [] }
            return state.waiters
        }
        waiters.forEach { $0.continuation.resume(returning: nil) }
        lagReports.withLock { $0 }?.cancel()
        if let registration = registration.withLock({ $0 }) { client.release(registration) }
        _ = await committed.wait(atMost: .seconds(2))
    }

    // MARK: Deliveries

    private func delivery(_ entry: PartitionAssignments.Entry) -> DispatchDelivery {
        let handling = DeliveryHandle(entry, consumer: self)
        return DispatchDelivery(entry.message) { handling.settle() }
    }

    func settle(_ position: DeliveryPosition) {
        // While the lock is held, so that no offset is stored after the partition has been revoked.
        state.withLock { state in
            guard let advance = state.assignments.settle(position) else { return }
            if advance.isFirst {
                let offsets = PartitionList(topic: topic, offsets: [advance.partition: advance.offset])
                rd_kafka_commit(handle.pointer, offsets.pointer, 1)
            }
            let offsets = PartitionList(topic: topic, offsets: [advance.partition: advance.offset])
            rd_kafka_offsets_store(handle.pointer, offsets.pointer)
        }
    }

    /// Delivers a message again that was released without being settled, for example because the task store was down.
    func abandon(_ entry: PartitionAssignments.Entry) {
        guard state.withLock({ !$0.isClosing && $0.assignments.counts(entry.position) }) else { return }
        hand(entry)
    }

    /// Passes an entry to a waiting caller, or keeps it for the next one.
    func hand(_ entry: PartitionAssignments.Entry) {
        let waiter = state.withLock { state -> CheckedContinuation<DispatchDelivery?, any Error>? in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst().continuation }
            state.assignments.hold(entry)
            return nil
        }
        waiter?.resume(returning: delivery(entry))
    }

    // MARK: The thread

    /// Wakes the thread.
    private func wake(_ state: inout State) {
        switch state.pollState {
        // The thread checks for demand on its own, but may be in a poll for another purpose.
        case .awake: if state.isClosing { queue.yield() }
        case .waiting: demand.signal()
        case .paused: queue.yield()
        case .ended: return
        }
        // Signal only once: an additional signal would end the next wait immediately.
        state.pollState = .awake
    }

    /// Runs `body`, in which the thread waits in state `pollState`, unless work has arrived in the meantime.
    func rest(as pollState: PollState, _ body: () -> Void) {
        let mayRest = state.withLock { state in
            guard state.waiters.isEmpty, !state.isClosing else { return false }
            state.pollState = pollState
            return true
        }
        guard mayRest else { return }
        body()
        state.withLock { $0.pollState = .awake }
    }

    /// - Returns: false if no caller requested a message within `demandTimeout`.
    func waitForDemand() -> Bool { demand.wait(timeout: .now() + Self.demandTimeout.seconds) == .success }

    /// Commits settled offsets, and waits until the member may leave. Blocks.
    func commitAndWaitToLeave() {
        rd_kafka_commit(handle.pointer, nil, 0)
        committed.fire()
        _ = leaving.wait(timeout: .now() + Self.leaveLimit.seconds)
    }

    /// Called when the thread has nothing left to do.
    func finish() {
        state.withLock { state in
            state.pollState = .ended
            queue.release()
        }
    }

    private func reportLag() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.lagInterval)
            let mine = Set(state.withLock { $0.assignments.partitions })
            guard !Task.isCancelled, let lag = try? await client.admin.lag(topic: topic) else { continue }
            client.metrics.positions(lag.partitions.filter { mine.contains(Int32($0.partition)) }, topic: topic)
        }
        client.metrics.positions([], topic: topic)
    }

    /// Lets the callbacks find the consumer, although they are created first.
    private final class Rebalancing: Sendable {
        private struct Reference: Sendable {
            weak var consumer: DispatchConsumer?
        }
        private let reference = Mutex(Reference())

        var consumer: DispatchConsumer? {
            get { reference.withLock { $0.consumer } }
            set { reference.withLock { $0.consumer = newValue } }
        }
    }
}
