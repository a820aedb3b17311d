import ArgumentParser
import KubernetesClient
import PixelFlowClient
import Terminal

struct DoctorCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks the configuration of the backends from within the services.",
        discussion: """
            auth and api ask their databases, broker, object store and cache over their own connections: versions, clocks, encryption, \
            durability, replication, indexes and round trips. Needs permission to read the Secret with the service secret. Exits with 3 if \
            something fails. Warnings are not failures.

            Examples:
              pfctl doctor
              pfctl doctor -o json | jq '.categories[].checks[] | select(.result == "warning")'
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let sections = try await session.status.spinning { try await Diagnosis(session: session).sections() }
        session.print(CheckReport(sections: sections).document)
        return sections.failures > 0 ? .degraded : .ok
    }
}

/// The diagnoses that services make of their backends.
struct Diagnosis: Sendable {
    /// A service allows 10 seconds for each of its backends.
    private static let timeout = Duration.seconds(20)
    private static let probeTimeout = Duration.seconds(5)

    let session: Session

    /// Each backend as seen by each service that uses it, and whether the workers reach theirs.
    ///
    /// - Throws: `CommandError` if there is no installation; `KubernetesError` if reading its service secret is not permitted.
    func sections() async throws -> [CheckRun.Section] {
        let installation = try await Installation.find(in: session)
        async let auth = backends(of: .auth) { try await $0.authBackends() }
        async let api = backends(of: .api) { try await $0.apiBackends() }
        async let workers = workers(of: installation)
        return try await auth + api + [workers]
    }

    private func backends(
        of service: ForwardedService.Target, _ ask: @Sendable (PixelFlowClient) async throws -> [BackendDiagnosis]
    ) async throws -> [CheckRun.Section] {
        do {
            return try await OperatorAccess.withService(service, in: session, timeout: Self.timeout) { forwarded in
                try await forwarded.call(ask).map { CheckRun.Section($0, of: service) }
            }
        } catch let failure as CommandError {
            let verdict = Verdict.failed(failure.message, hint: failure.hint ?? "pfctl status and pfctl logs \(service) show why")
            return [
                CheckRun.Section(
                    name: "backends of \(service)",
                    findings: [.init(anchor: "answer", title: "\(service) reports its backends", verdict: verdict)])
            ]
        }
    }

    /// Workers have no service secret, because they process untrusted input: each only reports which of its backends respond.
    private func workers(of installation: Installation) async throws -> CheckRun.Section {
        let options = InstallationLabels.of(release: installation.release, component: "worker")
        let pods = try await session.client().list(Pod.self, in: .current, options).items.map(PodHealth.init).filter(\.isReady)
        let verdicts = await withTaskGroup(of: (String, Verdict).self) { group in
            for pod in pods.map(\.name) { group.addTask { (pod, await reach(from: pod)) } }
            return await group.reduce(into: [String: Verdict]()) { $0[$1.0] = $1.1 }
        }
        let findings = verdicts.sorted { $0.key < $1.key }
            .map { CheckRun.Finding(anchor: "worker-backends", title: "\($0.key) reaches its backends", verdict: $0.value) }
        let none = CheckRun.Finding(
            anchor: "worker-backends", title: "the workers reach their backends", verdict: .skipped("no worker is ready"))
        return CheckRun.Section(name: "workers", findings: findings.isEmpty ? [none] : findings)
    }

    private func reach(from pod: String) async -> Verdict {
        do {
            let readiness = try await ForwardedService.using(.worker, pod: pod, in: session, as: .anonymous, timeout: Self.probeTimeout) {
                try await $0.call { try await $0.readiness() }
            }
            guard !readiness.failing.isEmpty else { return .ok() }
            return .failed(
                "no response from \(readiness.failing.joined(separator: ", "))",
                hint: "do network policies admit the workers? pfctl logs \(pod) shows why it cannot")
        } catch {
            let failure = CommandError(error)
            return .failed(failure.message, hint: failure.hint ?? "pfctl logs \(pod)")
        }
    }
}

extension CheckRun.Section {
    fileprivate init(_ backend: BackendDiagnosis, of service: ForwardedService.Target) {
        self.init(name: "\(backend.kind), \(backend.name) of \(service)", findings: backend.findings.map(CheckRun.Finding.init))
    }
}

extension CheckRun.Finding {
    fileprivate init(_ finding: BackendDiagnosis.Finding) {
        self.init(anchor: finding.name, title: finding.title, verdict: Verdict(finding))
    }
}

extension Verdict {
    /// A result introduced by a later release is shown, but does not affect the outcome.
    fileprivate init(_ finding: BackendDiagnosis.Finding) {
        self.init(result: Result(rawValue: finding.result) ?? .skipped, reason: finding.reason, hint: finding.hint)
    }
}
