public import Metrics
import Synchronization

/// Stops calling a backend that has failed several times in a row, so that callers are answered at
/// once and the backend is left alone until one probe has succeeded.
///
/// Closed: every call goes through. After `threshold` failures in a row it opens: calls are refused
/// with `CircuitOpenError`. After `cooldown` one call is let through as a probe (half-open); its
/// success closes the circuit, its failure opens it again. The state is exported as
/// `circuit_breaker_state{backend,state}` (1 for the present state) and refusals as
/// `circuit_breaker_rejections_total{backend}`.
public final class CircuitBreaker: Sendable {
    public enum State: String, Sendable, CaseIterable {
        case closed, open
        case halfOpen = "half_open"
    }

    /// Names the backend in metrics and errors.
    public let name: String
    private let machine: Mutex<CircuitStateMachine>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let gauges: [State: Gauge]
    private let rejections: Counter

    /// - Parameters:
    ///   - threshold: failures in a row that open the circuit.
    ///   - cooldown: how long it stays open before a probe is let through.
    ///   - now: the monotonic clock; tests use one that they move.
    ///   - metrics: exports the state.
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
    /// - Parameter isFailure: whether an error counts as a failure of the backend. A refusal such as a
    ///   duplicate key does not: the backend has answered. A cancelled operation never does.
    /// - Throws: `CircuitOpenError` if the operation was not run, otherwise its errors.
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
            settle(ticket, .success)
            return success
        } catch {
            settle(ticket, error is CancellationError ? .unknown : isFailure(error) ? .failure : .success)
            throw error
        }
    }

    private func settle(_ ticket: CircuitStateMachine.Ticket, _ outcome: CircuitStateMachine.Outcome) {
        let changed = machine.withLock { $0.settle(ticket, outcome, at: now()) }
        if let changed { export(changed) }
    }

    private func export(_ state: State) {
        for (each, gauge) in gauges { gauge.record(each == state ? 1 : 0) }
    }
}

/// The call was rejected, because the backend has failed too often recently.
public struct CircuitOpenError: Error, Sendable, Hashable, CustomStringConvertible {
    public let name: String

    public var description: String { "the circuit to \(name) is open" }
}
