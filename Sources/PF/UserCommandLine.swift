import ArgumentParser
package import FoundationEssentials
import PixelFlowRelease
package import Terminal

/// The complete `pf`, as started by its executable and its tests.
package enum UserCommandLine {
    /// Runs one command.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - environment: `PIXELFLOW_URL`, `PIXELFLOW_TOKEN`, `XDG_CONFIG_HOME` and so on.
    ///   - clock: used to compute ages.
    /// - Returns: the exit code of the process.
    package static func run(
        _ arguments: [String], console: Console = .standard, environment: [String: String],
        clock: @escaping @Sendable () -> Date = { Date() }
    ) async -> ExitStatus {
        await frame.run(arguments, console: console) { options in
            Session(options: options, console: console, environment: environment, clock: clock)
        }
    }

    private static let frame = CommandFrame<Session>(
        RootCommand.self,
        globalUsage: ["[--server <url>]", "[--format <format>]", "[--color <color>]", "[--request-timeout <duration>]"])
}

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pf",
        abstract: "Processes images with a PixelFlow server.",
        discussion: """
            Examples:
              pf login https://images.example.com --email ada@example.com
              pf upload *.jpg --preset web --output small
              pf tasks ls --status FAILED

            pf <command> --help shows examples of each command.
            Exit codes: 0 ok, 1 failed, 2 usage, 4 timed out, 5 unreachable or not allowed.
            """,
        version: Release.version,
        subcommands: [
            LoginCommand.self, LogoutCommand.self, UploadCommand.self, TasksCommand.self, OutputsCommand.self, PresetsCommand.self,
            EventsCommand.self, OrganisationsCommand.self, KeysCommand.self, CompletionCommand.self,
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}
