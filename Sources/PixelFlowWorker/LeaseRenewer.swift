import PixelFlowCore

/// Renews a lease while its run is in progress.
struct LeaseRenewer: Sendable {
    let claim: Claim
    let store: any TaskWorkerStore
    let policy: TaskPolicy

    /// Returns once the run must stop: the lease is lost, cancellation was requested, or the
    /// store could not be reached for so long that the lease may have run out (`renewDeadline`, by this
    /// machine's monotonic clock). Nil if the run has ended.
    func keep() async -> TaskRun.Ending? {
        var renewed = ContinuousClock.now
        var pause = policy.renewInterval
        while true {
            do {
                try await Task.sleep(for: pause)
                let asked = ContinuousClock.now
                switch try await store.renew(claim) {
                case .extended: (renewed, pause) = (asked, policy.renewInterval)
                case .cancelRequested: return .cancelRequested
                case .lost: return .lost
                }
            } catch is CancellationError {
                return nil
            } catch {
                guard ContinuousClock.now - renewed < policy.renewDeadline else { return .lost }
                pause = .seconds(1)
            }
        }
    }
}
