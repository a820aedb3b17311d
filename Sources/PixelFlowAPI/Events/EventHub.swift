package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Sends every change of a task to the clients of its tenant that are connected to this replica.
///
/// `EventLimits` bounds the number of streams, in total and per user, and the bytes buffered for each and for all of them. A change is
/// encoded once, regardless of the number of streams. For these reasons, the hub shares only the `ListenerTable` with `Broadcast`, not its
/// queues: those are bounded by count, drop the oldest element, and do not know how much a socket has accepted.
///
/// If the hub itself may have missed changes, it resets the streams, at the pace of `StreamResets`.
package final class EventHub: Service {
    /// The interval of heartbeats and of checks for expired tokens and clients that do not read.
    static let tickInterval = Duration.seconds(1)

    private struct State {
        var streams = ListenerTable<TenantID, EventStream>()
        var users: [UserID: Int] = [:]
        var resets = StreamResets<EventStream>()
    }

    /// Encodes tasks for streams and other responses.
    let views = TaskViews()

    private let events: any TaskEvents
    private let limits: EventLimits
    private let clock: any WallClock
    private let logger: Logger
    private let metrics: EventMetrics
    private let state = Mutex(State())

    package init(
        events: any TaskEvents, limits: EventLimits = EventLimits(), clock: any WallClock = SystemClock(), logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.events = events
        self.limits = limits
        self.clock = clock
        self.logger = logger
        self.metrics = EventMetrics(metrics)
    }

    /// Listens until shutdown, and then ends all streams.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await self.events.listen {
                        self.logger.warning("events not reachable, retrying", metadata: ["error": "\($0)"])
                    } onGap: {
                        // Such as the first one, before any listener.
                        self.state.withLock { if $0.streams.count > 0 { $0.resets.noteGap() } }
                    } _: {
                        self.deliver($0)
                    }
                }
                group.addTask {
                    await PeriodicService("check event streams", every: Self.tickInterval, logger: self.logger) { self.tick() }.run()
                }
                try await group.waitForAll()
            }
        }
        state.withLock { $0.streams.close() }.forEach { $0.finish(.shutdown) }
    }

    /// Called every second. Not private, so that tests need not wait.
    func tick() {
        let now = clock.now()
        for stream in state.withLock(\.streams.all) { stream.tick(at: now) }
        let outdated = state.withLock { state in state.resets.tick(state.streams.all) }
        guard !outdated.isEmpty else { return }
        logger.notice("changes of tasks were missed: event streams are reset", metadata: ["streams": "\(outdated.count)"])
        for stream in outdated {
            stream.finish(.missedChanges)
            metrics.dropped.increment()
        }
    }

    // MARK: Streams

    /// Opens a stream of a tenant's changes from now on, for one of its users.
    ///
    /// - Parameters:
    ///   - expiresAt: the time at which the stream ends at the latest.
    ///   - filter: selects the tasks.
    ///   - isRevoked: called every second; the stream ends once it returns true.
    /// - Throws: `too_many_event_streams` (429) at the limit of the user, `event_streams_exhausted` (503) at the limit of the replica.
    func open(
        for principal: Principal, until expiresAt: Timestamp, of filter: EventFilter = .all,
        isRevoked: @escaping @Sendable () -> Bool = { false }
    ) throws(PixelFlowError) -> OpenEventStream {
        let stream = EventStream(of: principal, until: expiresAt, filter: filter, isRevoked: isRevoked, byteLimit: limits.streamBytes)
        let admission = state.withLock { admit(stream, to: &$0) }
        switch admission {
        case .success(let number?):
            return OpenEventStream(stream) { [weak self] in self?.close(stream, number) }
        case .success(nil):
            // The service is stopping: the client still receives past changes.
            stream.finish(.shutdown)
            return OpenEventStream(stream) {}
        case .failure(let refusal):
            metrics.countRefusal(refusal)
            throw refusal
        }
    }

    /// - Returns: the number of the stream; nil once the service is stopping.
    private func admit(_ stream: EventStream, to state: inout State) -> Result<Int?, PixelFlowError> {
        guard !state.streams.isClosed else { return .success(nil) }
        guard state.users[stream.user, default: 0] < limits.streamsPerUser else {
            return .failure(.tooManyEventStreams(limits.streamsPerUser))
        }
        guard state.streams.count < limits.streams else { return .failure(.eventStreamsExhausted) }
        let own = state.streams[stream.tenant].count
        guard own < limits.streamsForOneOrganisation(besides: state.streams.count - own) else {
            return .failure(.tooManyEventStreamsOfOrganisation(own))
        }
        let number = state.streams.add(stream, to: stream.tenant)
        state.users[stream.user, default: 0] += 1
        metrics.streams.set(state.streams.count)
        return .success(number)
    }

    private func close(_ stream: EventStream, _ number: Int) {
        state.withLock { state in
            state.streams.remove(number, from: stream.tenant)
            let left = state.users[stream.user, default: 1] - 1
            state.users[stream.user] = left > 0 ? left : nil
            metrics.streams.set(state.streams.count)
        }
    }

    // MARK: Events

    private func deliver(_ change: TaskChange) {
        let interested = state.withLock { $0.streams[change.task.tenant] }.filter { $0.filter.includes(change.task) }
        guard !interested.isEmpty else { return }
        do {
            let event = EncodedEvent(try views.event(change), held: metrics.held)
            for stream in interested where !stream.push(event) { metrics.dropped.increment() }
        } catch {
            logger.error("event could not be encoded", metadata: ["task_id": "\(change.task.id)", "error": "\(error)"])
        }
        if metrics.held.count > limits.totalBytes { dropFurthestBehind() }
    }

    /// Ends the streams that hold most, until the rest is within the limit.
    private func dropFurthestBehind() {
        let all = state.withLock(\.streams.all).map { (stream: $0, held: $0.held) }
        // What sockets have not accepted is released only once they do, or their connections are closed.
        var inFlight = all.filter(\.held.isEnding).reduce(0) { $0 + $1.held.inFlight }
        let others = all.filter { !$0.held.isEnding && $0.held.all > 0 }.sorted { $0.held.all > $1.held.all }
        for entry in others {
            // Measured each time, because streams share events.
            guard metrics.held.count - inFlight > limits.totalBytes else { return }
            entry.stream.drop()
            metrics.dropped.increment()
            inFlight += entry.held.inFlight
        }
    }
}

/// Reserves the slot of a stream in the hub until it is deallocated.
final class OpenEventStream: Sendable {
    let stream: EventStream
    private let onClose: @Sendable () -> Void

    init(_ stream: EventStream, onClose: @escaping @Sendable () -> Void) {
        self.stream = stream
        self.onClose = onClose
    }

    deinit { onClose() }
}

extension PixelFlowError {
    fileprivate static func tooManyEventStreams(_ limit: Int) -> PixelFlowError {
        PixelFlowError(
            .throttled, code: "too_many_event_streams", "You already have \(limit) open event streams; close one first.",
            retry: .transient, retryAfter: 15)
    }

    fileprivate static func tooManyEventStreamsOfOrganisation(_ count: Int) -> PixelFlowError {
        PixelFlowError(
            .throttled, code: "too_many_event_streams", "Your organisation already has \(count) open event streams; close one first.",
            retry: .transient, retryAfter: 15)
    }

    static let eventStreamsExhausted = PixelFlowError(
        .unavailable, code: "event_streams_exhausted", "The limit of open event streams is reached; try again later.",
        retry: .outage, retryAfter: 15)
}
