import PixelFlowCore

/// A check of one dependency of a service.
package struct HealthCheck: Sendable {
    /// The effect of a failing check on the readiness of the service.
    package enum Need: Sendable {
        /// The service is not ready while the check fails; for the state of the process itself.
        case always
        /// The service is not ready until the check has succeeded once. If it fails later, the service stays ready but `degraded`, because
        /// it can still respond: if a replica left its Service during an outage of a backend, all others would do so too, and nothing could
        /// respond any more.
        case once
        /// The result only appears in the response.
        case never
    }

    /// The name of the backend in the response, such as `database`.
    package let name: String
    package let need: Need
    private let timeout: Duration
    private let probe: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - need: the effect on the readiness of the service; by default, one success is required.
    ///   - timeout: the check fails after this time; 2 seconds by default, well below the timeout of any prober.
    ///   - probe: returns if the dependency is healthy, otherwise throws.
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
        do {
            try await abandoning(after: timeout, throwing: NoResponseError(), probe)
            return .ok
        } catch is NoResponseError {
            return .timedOut
        } catch {
            return .failed
        }
    }

    private struct NoResponseError: Error {}
}
