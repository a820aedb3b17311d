import ArgumentParser

struct RolloutResumeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on with what was paused.",
        discussion: """
            Examples:
              pfctl rollout resume api
            """)

    @Argument(help: "The service.") var service: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let (workload, _) = try await Installation.find(in: session).deployment(service)
        session.print(try await RolloutChange(session: session, options: change).setPaused(false, workload))
        return .ok
    }
}
