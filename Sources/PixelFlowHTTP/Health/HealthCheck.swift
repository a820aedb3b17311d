import Synchronization

/// One thing that a service works with.
package struct HealthCheck: Sendable {
    /// What a failing check means for the readiness of the service.
    package enum Need: Sendable {
        /// The service is not ready while it fails: the state of the process itself.
        case always
        /// The service is not ready until it has succeeded. Later the service is ready and `degraded`, since it can still
        /// answer: a replica that left its Service in an outage would take the answer away, and so would all others.
        case once
        /// Appears in the response only.
        case never
    }

    /// Names the backend in the answer, as in `database`.
    package let name: String
    package let need: Need
    private let timeout: Duration
    private let probe: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - need: what the readiness of the service depends on; by default on one success.
    ///   - timeout: after which the check counts as failed; 2 seconds by default, well under the
    ///     timeout of any prober.
    ///   - probe: returns where all is well, throws if it is not.
    package init(
        _ name: String, need: Need = .once, timeout: Duration = .seconds(2), probe: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.need = need
        self.timeout = timeout
        self.probe = probe
    }

    /// The result of a check.
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        case ok, failed
        case timedOut = "timed_out"
    }

    /// Runs the probe; never takes longer than the timeout, even if the probe ignores cancellation.
    package func run() async -> Outcome {
        await withCheckedContinuation { continuation in
            let race = Race(continuation)
            let work = Task {
                do {
                    try await probe()
                    race.finish(.ok)
                } catch {
                    race.finish(.failed)
                }
            }
            let alarm = Task {
                try? await Task.sleep(for: timeout)
                race.finish(.timedOut)
                work.cancel()
            }
            race.onFinish { alarm.cancel() }
        }
    }
}

/// Lets the first of several results through.
final class Race<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Value, Never>?
        var cleanUp: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<Value, Never>) {
        state = Mutex(State(continuation: continuation))
    }

    func finish(_ value: Value) {
        let waiting = state.withLock { state in
            defer { state.continuation = nil }
            return (state.continuation, state.cleanUp)
        }
        waiting.0?.resume(returning: value)
        waiting.1?()
    }

    func onFinish(_ cleanUp: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            state.cleanUp = cleanUp
            return state.continuation == nil
        }
        if isOver { cleanUp() }
    }
}
