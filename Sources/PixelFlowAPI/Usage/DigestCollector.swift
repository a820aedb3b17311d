package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle

/// Sums the results of tasks for users who have requested digests, and reports the sums to auth, which knows the users and mails them.
///
/// Any number of replicas may run concurrently: auth assigns each digest to one of them at a time, and accepts each range once. The sums
/// are computed from the tasks, so a crash loses nothing. Does nothing while no digest is due.
package struct DigestCollector: Service {
    /// The time between two checks for due digests.
    private static let interval = Duration.seconds(30)
    /// A longer range is summed in pieces, so that each query stays within the time limit of the database.
    private static let piece = Duration.seconds(3600)

    private let desk: any TaskMailDesk
    private let tasks: any EndedTaskStore & OrphanMarkStore
    private let logger: Logger
    private let reported: Counter
    private let failed: Counter

    /// - Parameter tasks: the clock of this store determines which ranges have settled.
    package init(
        desk: any TaskMailDesk, tasks: any EndedTaskStore & OrphanMarkStore, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.desk = desk
        self.tasks = tasks
        self.logger = logger
        reported = Counter(label: "task_digests_total", dimensions: [("outcome", "reported")], factory: metrics)
        failed = Counter(label: "task_digests_total", dimensions: [("outcome", "failed")], factory: metrics)
    }

    package func run() async {
        await PeriodicService("collection of digests", every: Self.interval, logger: logger) {
            while try await round() == DigestRequest.limit {}
        }.run()
    }

    /// Reports the due digests. Not private, so that tests need not wait for it.
    ///
    /// - Returns: the number of due digests.
    @discardableResult
    package func round() async throws -> Int {
        let requests = try await desk.claimDigests()
        var digests: [TaskDigest] = []
        for (span, requests) in Dictionary(grouping: requests, by: \.span) {
            // The range has settled by the clock of auth. If not by the clock of the task store, auth requests it again.
            do {
                guard try await tasks.hasPassed(TaskSpan.settlingTime, since: span.until) else { continue }
                digests += try await sums(requests, in: span)
            } catch  where !(error is CancellationError) {
                // A failure for one organisation must not delay the digests of others.
                failed.increment(by: requests.count)
                logger.warning("task digest not computed, will be retried", metadata: ["tenant": "\(span.tenant)", "error": "\(error)"])
            }
        }
        if !digests.isEmpty {
            try await desk.report(digests)
            reported.increment(by: digests.count)
        }
        return requests.count
    }

    /// The sums of all members of an organisation in a range are the same, so they are read only once.
    private func sums(_ requests: [DigestRequest], in span: TaskSpan) async throws -> [TaskDigest] {
        let owners = Set(requests.flatMap(\.owners)).sorted()
        var ended: [UserID: EndedTasks] = [:]
        for piece in span.pieces(of: Self.piece) {
            try Task.checkCancellation()
            for (owner, sum) in try await tasks.endedTasks(of: owners, in: piece) { ended[owner, default: EndedTasks()].add(sum) }
        }
        var digests: [TaskDigest] = []
        for request in requests {
            var sum = request.owners.reduce(into: EndedTasks()) { $0.add(ended[$1] ?? EndedTasks()) }
            if sum.failed > 0 { sum.failures = try await failures(of: request) }
            digests.append(TaskDigest(request, sum))
        }
        return digests
    }

    private func failures(of request: DigestRequest) async throws -> [EndedTasks.Failure] {
        var failures: [EndedTasks.Failure] = []
        for piece in request.span.pieces(of: Self.piece) where failures.count < EndedTasks.failuresShown {
            failures += try await tasks.failedTasks(
                of: request.owners, in: piece, limit: EndedTasks.failuresShown - failures.count
            ).compactMap(EndedTasks.Failure.init)
        }
        return failures
    }
}
