import ArgumentParser
package import KubernetesClient
import PixelFlowRelease
package import Terminal

/// The complete `pfctl`, as started by its executable and its tests.
package enum CommandLineTool {
    /// Runs one command.
    /// - Parameters:
    ///   - arguments: Without the program's name.
    ///   - environment: `KUBECONFIG`, `HOME`, `NO_COLOR` and so on; also passed to exec plugins.
    ///   - clock: Used to compute ages.
    /// - Returns: The exit code of the process.
    package static func run(
        _ arguments: [String], console: Console = .standard, environment: [String: String],
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) async -> ExitStatus {
        await frame.run(arguments, console: console) { options in
            Session(options: options, console: console, environment: environment, clock: clock)
        }
    }

    private static let frame = CommandFrame<Session>(
        RootCommand.self,
        globalUsage: [
            "[--context <name>]", "[--kubeconfig <file>]", "[--namespace <name>]", "[--release <name>]", "[--output <output>]",
            "[--color <color>]", "[--request-timeout <duration>]",
        ])
}

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pfctl",
        abstract: "Operates PixelFlow on Kubernetes.",
        discussion: """
            Examples:
              pfctl check --pre                      Is the cluster ready for PixelFlow?
              pfctl doctor                           How the backends are set up
              pfctl status                           Everything at a glance
              pfctl scale worker --replicas 4 --wait
              pfctl rollout restart api --wait
              pfctl logs worker --follow

            pfctl <command> --help shows examples of each command.
            Exit codes: 0 ok, 1 failed, 2 usage, 3 degraded, 4 timed out, 5 unreachable or not allowed.
            """,
        version: Release.version,
        // Run by the chart's Jobs; hidden.
        subcommands: [BootstrapSecretsCommand.self, ProbeCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Viewing",
                subcommands: [
                    StatusCommand.self, CheckCommand.self, DoctorCommand.self, EventsCommand.self, LogsCommand.self, TopCommand.self,
                    LagCommand.self,
                    DashboardCommand.self, ReportCommand.self,
                ]),
            CommandGroup(name: "Task", subcommands: [TasksCommand.self, DeadLettersCommand.self, LoginCommand.self, LogoutCommand.self]),
            CommandGroup(
                name: "Team",
                subcommands: [UsersCommand.self, OrganisationsCommand.self, KeysCommand.self, WebhooksCommand.self, AuditCommand.self]),
            CommandGroup(name: "Changing", subcommands: [ScaleCommand.self, RolloutCommand.self, TestCommand.self]),
            CommandGroup(name: "Backup", subcommands: [BackupCommand.self, RestoreCommand.self]),
            CommandGroup(name: "Setup", subcommands: [ConfigCommand.self, VersionCommand.self, CompletionCommand.self]),
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}
