import CRDKafka
import Dispatch
import Logging
import PixelFlowCore
import Synchronization
import WireFormats

/// A worker's place in the consumer group, for one lane.
///
/// One thread polls, one message at a time and only while someone waits in `next()`. Without anyone
/// waiting the partitions are paused, after a moment, because resuming fetches again; the thread goes
/// on polling, so that the place is kept however long the tasks take.
final class DispatchConsumer: DispatchSubscription {
    /// How long no one may wait before the partitions are paused. As long as most tasks take at most,
    /// because resuming fetches again; as short as a group that is being rearranged can wait for us.
    static let demandTimeout = Duration.seconds(1)
    /// How long one poll may last; `awake` ends it before.
    static let pollLimit = Duration.milliseconds(200)
    static let lagInterval = Duration.seconds(10)
    /// How long a member that has stopped waits for others of its process before it leaves.
    static let leaveLimit = Duration.seconds(5)

    enum PollState {
        /// Looks for demand before it sleeps.
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
    ///   - topic: of one lane.
    ///   - prefetch: dispatch messages fetched before they are called for.
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
        let answer: Result<DispatchDelivery?, any Error>? = state.withLock { state in
            if Task.isCancelled { return .failure(CancellationError()) }
            if state.isClosing { return .success(nil) }
            if let entry = state.assignments.takeHeld() { return .success(delivery(entry)) }
            state.waiters.append((number, continuation))
            wake(&state)
            return nil
        }
        if let answer { continuation.resume(with: answer) }
    }

    func close() async {
        await stop()
        leaving.signal()
        // Leaving takes a round trip or two; a cluster that is down is not waited for.
        await thread.withLock { $0 }?.wait(atMost: .seconds(5))
    }

    /// Gives nothing out any more, and commits what is settled, but stays in the group: `close` leaves it.
    ///
    /// Members of one process that leave together do this first: once one has left, the group is being rearranged, and may
    /// refuse what the others commit.
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

    func settle(_ place: DeliveryPlace) {
        // Under the lock, so that nothing is stored once the partition has been taken away.
        state.withLock { state in
            guard let advance = state.assignments.settle(place) else { return }
            if advance.isFirst {
                let offsets = PartitionList(topic: topic, offsets: [advance.partition: advance.offset])
                rd_kafka_commit(handle.pointer, offsets.pointer, 1)
            }
            let offsets = PartitionList(topic: topic, offsets: [advance.partition: advance.offset])
            rd_kafka_offsets_store(handle.pointer, offsets.pointer)
        }
    }

    /// Delivers again a message that was dropped without being settled, for example because the task store was down.
    func abandon(_ entry: PartitionAssignments.Entry) {
        guard state.withLock({ !$0.isClosing && $0.assignments.counts(entry.place) }) else { return }
        hand(entry)
    }

    /// Gives an entry to a waiting caller, or keeps it for the next one.
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
        // The thread checks for demand by itself, but a poll for another purpose may be in progress.
        case .awake: if state.isClosing { queue.yield() }
        case .waiting: demand.signal()
        case .paused: queue.yield()
        case .ended: return
        }
        // Once is enough: a signal too many would end the next rest at once.
        state.pollState = .awake
    }

    /// Lets the thread wait in `place`, unless there is work in the meantime.
    func rest(at place: PollState, _ body: () -> Void) {
        let mayRest = state.withLock { state in
            guard state.waiters.isEmpty, !state.isClosing else { return false }
            state.pollState = place
            return true
        }
        guard mayRest else { return }
        body()
        state.withLock { $0.pollState = .awake }
    }

    /// - Returns: false if no one asked within `demandTimeout`.
    func waitForDemand() -> Bool { demand.wait(timeout: .now() + Self.demandTimeout.seconds) == .success }

    /// Commits what is settled, and waits until the member may leave. Blocks.
    func commitAndWaitToLeave() {
        rd_kafka_commit(handle.pointer, nil, 0)
        committed.fire()
        _ = leaving.wait(timeout: .now() + Self.leaveLimit.seconds)
    }

    /// No one calls the thread any more.
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

    /// Lets the callbacks, which must be there first, find the consumer.
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
