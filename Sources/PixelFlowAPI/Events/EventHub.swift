public import Logging
public import Metrics
public import PixelFlowCore
public import ServiceLifecycle
import Synchronization

/// Hands every change of a task to the clients of its tenant that are connected to this replica.
public final class EventHub: Service {
    /// Changes that a slow client may be behind; then its stream ends, and it comes back with the last id it saw.
    static let backlog = 512

    private struct Listener {
        var tenant: TenantID
        var continuation: AsyncStream<TaskChange>.Continuation
    }

    private struct State {
        var listeners: [Int: Listener] = [:]
        var next = 0
        var isClosed = false
    }

    private let events: any TaskEvents
    private let logger: Logger
    private let streams: Meter
    private let dropped: Counter
    private let state = Mutex(State())

    public init(events: any TaskEvents, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory) {
        self.events = events
        self.logger = logger
        streams = Meter(label: "event_streams", factory: metrics)
        dropped = Counter(label: "event_streams_dropped_total", factory: metrics)
    }

    /// Listens until it is shut down; then every client's stream ends.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    for await change in try await self.events.subscribe() { self.deliver(change) }
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    self.logger.warning("events not reachable, trying again", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return state.listeners.values.map(\.continuation)
        }
        listeners.forEach { $0.finish() }
    }

    /// The changes of one tenant from now on. Ends when the client is too slow, or with the service.
    func changes(of tenant: TenantID) -> AsyncStream<TaskChange> {
        let (stream, continuation) = AsyncStream.makeStream(of: TaskChange.self, bufferingPolicy: .bufferingOldest(Self.backlog))
        let number: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.next += 1
            state.listeners[state.next] = Listener(tenant: tenant, continuation: continuation)
            streams.set(state.listeners.count)
            return state.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number) }
        return stream
    }

    private func deliver(_ change: TaskChange) {
        let interested = state.withLock { state in
            state.listeners.values.filter { $0.tenant == change.task.tenant }.map(\.continuation)
        }
        for continuation in interested {
            guard case .dropped = continuation.yield(change) else { continue }
            dropped.increment()
            continuation.finish()
        }
    }

    private func remove(_ number: Int) {
        state.withLock { state in
            state.listeners[number] = nil
            streams.set(state.listeners.count)
        }
    }
}
