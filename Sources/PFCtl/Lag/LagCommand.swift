import ArgumentParser
import KubernetesClient
import Terminal

struct LagCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag",
        abstract: "Shows how far the workers are behind, per partition, and when they will catch up.",
        discussion: """
            Reads the metrics of the workers, each of which reports its own partitions every few seconds. The rate is the number of tasks \
            finished during --sample. Exits with 3 if a worker does not respond, or no worker holds a partition.

            Examples:
              pfctl lag
              pfctl lag --sample 10s
              pfctl lag -o json | jq .drain_seconds
            """)

    @Option(help: ArgumentHelp("How long to measure the processing rate if there is a lag; 0 means not at all.", valueName: "duration"))
    var sample: DurationArgument = .seconds(3)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    /// Workers may come and go during the requests: a rollout replaces a few at a time.
    private static let attempts = 3

    func run(in session: Session) async throws -> ExitStatus {
        let installation = try await Installation.find(in: session)
        let topic = GroupLag.Topic(of: try installation.workload("worker"))
        let scrape = MetricsScrape(session: session)
        let (pages, failures) = Self.parted(try await responses(of: installation, scrape, session))
        if pages.isEmpty, let failure = failures.first?.failure { throw failure }
        for failure in failures { session.warn("\(failure.pod): \(failure.failure.message)", hint: failure.failure.hint) }
        var lag = GroupLag(pages, of: topic, isFromAll: failures.isEmpty)
        if lag.total > 0, !sample.isZero {
            let later = try await pagesLater(than: pages, scrape, session)
            // Skip the rate if a worker has gone in the meantime, because its partitions would be missing.
            if later.count == pages.count { lag = GroupLag(later, earlier: pages, of: topic, isFromAll: failures.isEmpty) }
        }
        session.print(LagReport(lag: lag).document)
        return lag.isComplete ? .ok : .degraded
    }

    /// The workers' reports. If some do not respond because they have gone, their replacements are asked instead.
    private func responses(
        of installation: Installation, _ scrape: MetricsScrape, _ session: Session
    ) async throws -> [String: Result<MetricsScrape.Page, CommandError>] {
        var asked = try await pods(of: installation, session)
        for _ in 1...Self.attempts {
            let responses = try await scrape.pages(of: asked)
            guard responses.values.contains(where: { $0.isFailure }) else { return responses }
            let running = try await pods(of: installation, session)
            if running == asked { return responses }
            asked = running
        }
        return try await scrape.pages(of: asked)
    }

    /// The running pods of workers, ready or not: a draining worker still has partitions.
    private func pods(of installation: Installation, _ session: Session) async throws -> [String] {
        let options = InstallationLabels.of(release: installation.release, component: "worker")
        let pods = try await session.client().list(Pod.self, in: .current, options).items
        let running = pods.filter { $0.status?.phase == "Running" }.map(\.name).sorted()
        guard !running.isEmpty else {
            throw CommandError(.failed, "no worker is running", hint: "pfctl status shows why; pfctl scale worker --replicas 1 starts one")
        }
        return running
    }

    private func pagesLater(
        than pages: [MetricsScrape.Page], _ scrape: MetricsScrape, _ session: Session
    ) async throws -> [MetricsScrape.Page] {
        session.status.show("measuring the rate for \(sample.text)", isPassing: true)
        let later = try await session.status.spinning {
            try await Task.sleep(for: sample.duration)
            return try await scrape.pages(of: pages.map(\.pod))
        }
        return Self.parted(later).pages
    }

    private static func parted(
        _ responses: [String: Result<MetricsScrape.Page, CommandError>]
    ) -> (pages: [MetricsScrape.Page], failures: [(pod: String, failure: CommandError)]) {
        var pages: [MetricsScrape.Page] = []
        var failures: [(pod: String, failure: CommandError)] = []
        for (pod, response) in responses.sorted(by: { $0.key < $1.key }) {
            switch response {
            case .success(let page): pages.append(page)
            case .failure(let failure): failures.append((pod, failure))
            }
        }
        return (pages, failures)
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        if case .failure = self { true } else { false }
    }
}
