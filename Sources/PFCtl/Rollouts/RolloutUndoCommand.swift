import ArgumentParser
import KubernetesClient
import Terminal

struct RolloutUndoCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Rolls a service back to an earlier revision.",
        discussion: """
            Examples:
              pfctl rollout undo api --wait
              pfctl rollout undo api --to-revision 3
              pfctl rollout undo api --dry-run=server
            """)

    @Argument(help: "The service.") var service: String

    @Option(help: ArgumentHelp("The revision to roll back to; 0 for the previous one.", valueName: "number"))
    var toRevision = 0

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let (workload, deployment) = try await Installation.find(in: session).deployment(service)
        guard !workload.isPaused else {
            throw CommandError(
                .failed, "\(workload.reference) is paused and cannot be rolled back",
                hint: "run pfctl rollout resume \(workload.component) first")
        }
        let revision = try await RevisionHistory.load(of: deployment, in: session).revision(toRevision, of: workload.component)
        guard revision.number != workload.revision else {
            throw CommandError(.failed, "\(workload.component) is already at revision \(revision.number); nothing was changed")
        }
        let set = try await session.client().get(.replicaSets, revision.name)
        let changes = RolloutChange(session: session, options: change)
        let document = try await changes.undo(workload, to: set, revision: revision.number)
        if waiting.waits, change.dryRun == .none {
            try await RolloutWait(session: session).wait(for: workload, timeout: waiting.timeout.duration)
        }
        session.print(document)
        return .ok
    }
}
