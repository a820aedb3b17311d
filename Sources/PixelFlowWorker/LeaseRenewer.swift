import PixelFlowCore

/// Renews a lease while its run is in progress.
struct LeaseRenewer: Sendable {
    let claim: Claim
    let store: any TaskWorkerStore
    let policy: TaskPolicy

    /// Returns once the run must stop: the lease is lost, cancellation was requested, or no renewal has
    /// succeeded for so long that the lease may have run out (`renewDeadline`, by this machine's
    /// monotonic clock). Nil if the run has ended.
    func keep() async -> TaskRun.Ending? {
        var renewed = ContinuousClock.now
        var pause = policy.renewInterval
        while true {
            do {
                try await Task.sleep(for: pause)
                let asked = ContinuousClock.now
                switch try await renewal(until: renewed + policy.renewDeadline) {
                case .extended: (renewed, pause) = (asked, policy.renewInterval)
                case .cancelRequested: return .cancelRequested
                case .lost, nil: return .lost
                }
            } catch is CancellationError {
                return nil
            } catch {
                guard ContinuousClock.now - renewed < policy.renewDeadline else { return .lost }
                pause = .seconds(1)
            }
        }
    }

    /// - Returns: nil at the deadline. The call goes on, because stores do not cancel calls; its result is of no use then.
    private func renewal(until deadline: ContinuousClock.Instant) async throws -> Renewal? {
        let (results, continuation) = AsyncThrowingStream.makeStream(of: Renewal?.self)
        let (store, claim) = (store, claim)
        Task {
            do {
                continuation.yield(try await store.renew(claim))
            } catch {
                continuation.finish(throwing: error)
            }
        }
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            continuation.yield(nil)
        }
        defer { timer.cancel() }
        for try await result in results { return result }
        throw CancellationError()
    }
}
