import ArgumentParser

struct RolloutRestartCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Replaces the pods of services by new ones, without an interruption.",
        discussion: """
            Examples:
              pfctl rollout restart api --wait
              pfctl rollout restart api worker --wait --timeout 10m
            """)

    @Argument(help: "The services.") var services: [String]

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let installation = try await Installation.find(in: session)
        let workloads = try services.map(installation.workload)
        let changes = RolloutChange(session: session, options: change)
        for workload in workloads {
            let document = try await changes.restart(workload)
            if waiting.waits, change.dryRun == .none {
                try await RolloutWait(session: session).wait(for: workload, timeout: waiting.timeout.duration)
            }
            session.print(document)
        }
        return .ok
    }
}
