public import Metrics
import Synchronization

/// Stops calls to a backend after several consecutive failures, so that callers get an error immediately
/// and the backend has time to recover.
///
/// Closed: all calls pass. After `threshold` consecutive failures the circuit opens: calls fail
/// with `CircuitOpenError`. After `cooldown`, one call passes as a probe (half-open); if it
/// succeeds, the circuit closes, otherwise it opens again. The state is exported as
/// `circuit_breaker_state{backend,state}` (1 for the current state) and rejections as
/// `circuit_breaker_rejections_total{backend}`.
public final class CircuitBreaker: Sendable {
    public enum State: String, Sendable, CaseIterable {
        case closed, open
        case halfOpen = "half_open"
    }

    /// Identifies the backend in metrics and errors.
    public let name: String
    private let machine: Mutex<CircuitStateMachine>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let gauges: [State: Gauge]
    private let rejections: Counter

    /// - Parameters:
    ///   - threshold: consecutive failures that open the circuit.
    ///   - cooldown: the time until an open circuit allows a probe.
    ///   - now: the monotonic clock; tests control theirs.
    ///   - metrics: receives the state.
    public init(
        name: String, threshold: Int = 5, cooldown: Duration = .seconds(2),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.name = name
        self.now = now
        machine = Mutex(CircuitStateMachine(threshold: threshold, cooldown: cooldown))
        gauges = Dictionary(
            uniqueKeysWithValues: State.allCases.map { state in
                let labels = [("backend", name), ("state", state.rawValue)]
                return (state, Gauge(label: "circuit_breaker_state", dimensions: labels, factory: metrics))
            })
        rejections = Counter(label: "circuit_breaker_rejections_total", dimensions: [("backend", name)], factory: metrics)
        export(.closed)
    }

    public var state: State { machine.withLock { $0.state } }

    /// Runs `operation` if the circuit allows it, and records the outcome.
    ///
    /// - Parameter isFailure: whether an error counts as a failure of the backend. A rejection such as a
    ///   duplicate key does not, because the backend has responded. Cancellation never counts.
    /// - Throws: `CircuitOpenError` if `operation` was not run, otherwise the errors of `operation`.
    public func run<Success: Sendable>(
        countingAsFailure isFailure: (any Error) -> Bool = { _ in true }, _ operation: () async throws -> Success
    ) async throws -> Success {
        let admission = machine.withLock { $0.admit(at: now()) }
        guard case .allowed(let ticket) = admission else {
            rejections.increment()
            throw CircuitOpenError(name: name)
        }
        if ticket.isProbe { export(.halfOpen) }
        do {
            let success = try await operation()
            record(ticket, .success)
            return success
        } catch {
            record(ticket, error is CancellationError ? .unknown : isFailure(error) ? .failure : .success)
            throw error
        }
    }

    private func record(_ ticket: CircuitStateMachine.Ticket, _ outcome: CircuitStateMachine.Outcome) {
        let changed = machine.withLock { $0.record(ticket, outcome, at: now()) }
        if let changed { export(changed) }
    }

    private func export(_ state: State) {
        for (each, gauge) in gauges { gauge.record(each == state ? 1 : 0) }
    }
}

/// The call was rejected because the backend has failed too often recently.
public struct CircuitOpenError: Error, Sendable, Hashable, CustomStringConvertible {
    public let name: String

    public var description: String { "the circuit to \(name) is open" }
}
