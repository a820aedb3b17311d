import Synchronization

/// One thing that a service works with.
package struct HealthCheck: Sendable {
    /// Names the backend in the answer, as in `database`.
    package let name: String
    /// Whether the service cannot work without it. An optional check only appears in the response.
    package let isRequired: Bool
    private let timeout: Duration
    private let probe: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - isRequired: whether the service is not ready without it.
    ///   - timeout: after which the check counts as failed; 2 seconds by default, well under the
    ///     timeout of any prober.
    ///   - probe: returns where all is well, throws if it is not.
    package init(
        _ name: String, isRequired: Bool = true, timeout: Duration = .seconds(2), probe: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.isRequired = isRequired
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

/// Lets the first of several outcomes through.
private final class Race: Sendable {
    private struct State {
        var continuation: CheckedContinuation<HealthCheck.Outcome, Never>?
        var cleanUp: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<HealthCheck.Outcome, Never>) {
        state = Mutex(State(continuation: continuation))
    }

    func finish(_ outcome: HealthCheck.Outcome) {
        let waiting = state.withLock { state in
            defer { state.continuation = nil }
            return (state.continuation, state.cleanUp)
        }
        waiting.0?.resume(returning: outcome)
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
