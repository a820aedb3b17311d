import ArgumentParser
import Terminal

struct RolloutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Manages the rollouts of a service.",
        discussion: """
            Examples:
              pfctl rollout status worker
              pfctl rollout restart api --wait
              pfctl rollout undo api --to-revision 3
            """,
        subcommands: [
            RolloutStatusCommand.self, RolloutHistoryCommand.self, RolloutRestartCommand.self, RolloutUndoCommand.self,
            RolloutPauseCommand.self, RolloutResumeCommand.self,
        ])
}

struct RolloutRestartCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Restarts services by replacing their pods, without downtime.",
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

struct RolloutPauseCommand: RolloutHoldCommand {
    static let pauses = true
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Pauses the rollouts of a service; changes take effect when it is resumed.",
        discussion: """
            Examples:
              pfctl rollout pause api
            """)

    @Argument(help: "The service.") var service: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions
}

struct RolloutResumeCommand: RolloutHoldCommand {
    static let pauses = false
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Resumes a paused service.",
        discussion: """
            Examples:
              pfctl rollout resume api
            """)

    @Argument(help: "The service.") var service: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions
}

/// A command that pauses a service's rollouts or resumes them.
protocol RolloutHoldCommand: SessionCommand {
    static var pauses: Bool { get }
    var service: String { get }
    var change: ChangeOptions { get }
}

extension RolloutHoldCommand {
    func run(in session: Session) async throws -> ExitStatus {
        let (workload, _) = try await Installation.find(in: session).deployment(service)
        session.print(try await RolloutChange(session: session, options: change).setPaused(Self.pauses, workload))
        return .ok
    }
}
