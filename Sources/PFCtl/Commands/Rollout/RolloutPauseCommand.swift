import ArgumentParser

struct RolloutPauseCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Holds a service's rollouts: changes are kept back until it is resumed.",
        discussion: """
            Examples:
              pfctl rollout pause api
            """)

    @Argument(help: "The service.") var service: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let (workload, _) = try await Installation.find(in: session).deployment(service)
        session.print(try await RolloutChange(session: session, options: change).setPaused(true, workload))
        return .ok
    }
}
