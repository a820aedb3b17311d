import ArgumentParser

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pfctl",
        abstract: "Runs PixelFlow on Kubernetes.",
        discussion: """
            Examples:
              pfctl check --pre                      Is the cluster ready for PixelFlow?
              pfctl status                           Everything at a glance
              pfctl scale worker --replicas 4 --wait
              pfctl rollout restart api --wait
              pfctl logs worker --follow

            pfctl <command> --help shows examples of each command.
            Exit codes: 0 ok, 1 failed, 2 usage, 3 degraded, 4 timed out, 5 unreachable or not allowed.
            """,
        // PixelFlowCore's own file, compiled into this module too: that module brings all of Foundation with it.
        version: Release.version,
        // What the chart's Jobs run; hidden.
        subcommands: [BootstrapSecretsCommand.self, ProbeCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Viewing",
                subcommands: [
                    StatusCommand.self, CheckCommand.self, EventsCommand.self, LogsCommand.self, TopCommand.self, LagCommand.self,
                    DashboardCommand.self, ReportCommand.self,
                ]),
            CommandGroup(name: "Task", subcommands: [TasksCommand.self, DeadLettersCommand.self, LoginCommand.self, LogoutCommand.self]),
            CommandGroup(name: "Changing", subcommands: [ScaleCommand.self, RolloutCommand.self]),
            CommandGroup(name: "Setup", subcommands: [ConfigCommand.self, VersionCommand.self, CompletionCommand.self]),
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}
