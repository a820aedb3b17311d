import KubernetesClient
import Terminal

/// Runs checks: those of a category concurrently, the categories one after the other.
struct CheckRun: Sendable {
    struct Finding: Sendable {
        /// Identifies the check for programs and in the documentation.
        let anchor: String
        /// The expected state.
        let title: String
        let verdict: Verdict

        /// The documentation of the check.
        var documentation: String { "docs/pfctl.md#\(anchor)" }
    }

    struct Section: Sendable {
        let name: String
        let findings: [Finding]
    }

    let session: Session

    /// - Parameter needsInstallation: Whether to collect the state of the installation after the gate has passed.
    func run(_ categories: [CheckCategory], needsInstallation: Bool) async throws -> [Section] {
        var context = CheckContext(session: session, client: try session.client(), status: nil)
        var sections: [Section] = []
        for category in categories {
            session.status.show("checking \(category.name)", isPassing: true)
            if needsInstallation, context.status == nil, category.readsInstallation {
                do {
                    let status = try await StatusGathering(session: session).gather()
                    context = CheckContext(session: session, client: context.client, status: status)
                } catch let failure as CommandError {
                    return sections + [Self.missing(failure)]
                } catch let failure as KubernetesError where failure.kind == .forbidden {
                    let denied = CommandError(.failed, CommandError(failure).message, hint: "grant the permissions that are missing above")
                    return sections + [Self.missing(denied)]
                }
            }
            let section = Section(name: category.name, findings: await findings(category, context))
            sections.append(section)
            if category.isGate, section.findings.contains(where: { $0.verdict.result == .failed }) { break }
        }
        return sections
    }

    private func findings(_ category: CheckCategory, _ context: CheckContext) async -> [Finding] {
        await withTaskGroup(of: (Int, Verdict).self) { group in
            for (index, check) in category.checks.enumerated() {
                group.addTask { (index, await Self.verdict(check, context)) }
            }
            var verdicts: [Int: Verdict] = [:]
            for await (index, verdict) in group { verdicts[index] = verdict }
            return category.checks.enumerated().compactMap { index, check in
                verdicts[index].map { Finding(anchor: check.anchor, title: check.title, verdict: $0) }
            }
        }
    }

    private static func verdict(_ check: Check, _ context: CheckContext) async -> Verdict {
        do {
            return try await check.verify(context)
        } catch {
            let failure = CommandError(error)
            return .failed(failure.message, hint: failure.hint ?? "see the documentation")
        }
    }

    private static func missing(_ failure: CommandError) -> Section {
        let verdict = Verdict.failed(failure.message, hint: failure.hint ?? "run pfctl check --pre first")
        return Section(
            name: "installation", findings: [Finding(anchor: "installed", title: "PixelFlow is installed", verdict: verdict)])
    }
}

extension [CheckRun.Section] {
    private func count(_ result: Verdict.Result) -> Int {
        reduce(0) { $0 + $1.findings.count { $0.verdict.result == result } }
    }

    var failures: Int { count(.failed) }
    var warnings: Int { count(.warning) }

    /// An unreachable cluster has a different exit code than a failed check.
    var exitStatus: ExitStatus {
        guard failures > 0 else { return .ok }
        let isUnreachable = first?.findings.contains { $0.anchor == "api-reachable" && $0.verdict.result == .failed } ?? false
        return isUnreachable ? .unreachable : .failed
    }
}
