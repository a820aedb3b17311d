package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle

/// Sums what became of the tasks of people who want to be mailed of them, and tells auth, which knows the people and mails them.
///
/// Any number of replicas may do so: auth gives each digest to one of them at a time, and takes each span once. The sums follow from the
/// tasks, so that a replica that is killed has nothing that could be lost. Nothing is done while nobody is due.
package struct DigestCollector: Service {
    /// Between two looks for digests that are due.
    private static let interval = Duration.seconds(30)
    /// A longer span is summed in pieces, each of which the database answers in its time.
    private static let piece = Duration.seconds(3600)

    private let desk: any TaskMailDesk
    private let tasks: any EndedTaskStore & OrphanMarkStore
    private let logger: Logger
    private let reported: Counter
    private let failed: Counter

    /// - Parameter tasks: whose clock says which spans have settled.
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

    /// Reports what is due. Not private, so that tests need not wait for it.
    ///
    /// - Returns: how many digests were due.
    @discardableResult
    package func round() async throws -> Int {
        let requests = try await desk.claimDigests()
        var digests: [TaskDigest] = []
        for (span, requests) in Dictionary(grouping: requests, by: \.span) {
            // By the clock of auth it has settled. If not by that of the tasks, it is asked for again.
            do {
                guard try await tasks.hasPassed(TaskSpan.settlingTime, since: span.until) else { continue }
                digests += try await sums(requests, in: span)
            } catch  where !(error is CancellationError) {
                // The tasks of one organisation hold up nobody else's digest.
                failed.increment(by: requests.count)
                logger.warning("tasks not summed for mail, will be retried", metadata: ["tenant": "\(span.tenant)", "error": "\(error)"])
            }
        }
        if !digests.isEmpty {
            try await desk.report(digests)
            reported.increment(by: digests.count)
        }
        return requests.count
    }

    /// The spans of everyone in an organisation are the same, and are read once.
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
