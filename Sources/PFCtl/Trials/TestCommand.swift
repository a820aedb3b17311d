import ArgumentParser
import KubernetesClient
import Terminal

struct TestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Tests the guarantees of the installation.",
        discussion: """
            Examples:
              pfctl test scale-down --tasks 200
            """,
        subcommands: [ScaleDownCommand.self])
}

struct ScaleDownCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale-down",
        abstract: "Uploads images, scales the workers down during processing, and checks that no task is lost.",
        discussion: """
            Uploads as the account of pfctl login, so the tasks count against its quotas; they are deleted at the end. When the first task \
            is in progress, the workers are scaled down; when all tasks have ended, they are scaled back. The bounds of an autoscaler are \
            set accordingly during the test. Exits with 1 if a task or an output is lost.

            Examples:
              pfctl test scale-down
              pfctl test scale-down --tasks 500 --to 2 --timeout 15m
              pfctl test scale-down --dry-run client       Shows what would be scaled
            """)

    @Option(help: ArgumentHelp("Images to upload, 2 to 5000.", valueName: "number")) var tasks = 100

    @Option(help: ArgumentHelp("The number of workers to scale down to.", valueName: "replicas")) var to = 1

    @Option(help: ArgumentHelp("The preset of the images.", valueName: "name")) var preset = "web"

    @Option(help: ArgumentHelp("The width of the images, 16 to 4000; their height is three quarters of it.", valueName: "pixels"))
    var width = 640

    @Flag(help: "Keep the tasks.") var keep = false

    @Option(help: ArgumentHelp("Time limit for all tasks to end.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(600)

    @OptionGroup var access: TokenOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard (2...5_000).contains(tasks) else { throw ValidationError("--tasks must be 2 to 5000.") }
        guard (16...4_000).contains(width) else { throw ValidationError("--width must be 16 to 4000.") }
        guard to >= 1 else { throw ValidationError("--to must be at least 1: without a worker no task ends.") }
        guard timeout.duration > .zero else { throw ValidationError("--timeout must be more than nothing.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let hold = try await WorkerHold(session: session, change: change, replicas: to)
        guard change.dryRun == .none else {
            session.print(hold.plan(tasks: tasks))
            return .ok
        }
        let report = try await session.status.spinning {
            try await access.withAPI(in: session) { api in
                let trial = ScaleDownTrial(
                    session: session, api: api, count: tasks, preset: preset, width: width, timeout: timeout.duration)
                return try await trial.run(scalingDown: hold, keepingTasks: keep)
            }
        }
        session.print(report.document)
        return report.isLossless ? .ok : .failed
    }
}
