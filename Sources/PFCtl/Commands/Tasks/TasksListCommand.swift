import ArgumentParser
import KubernetesClient

struct TasksListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists tasks, the newest first.",
        discussion: """
            Examples:
              pfctl tasks ls
              pfctl tasks ls --status FAILED --search holiday --limit 0
            """)

    @Option(help: "Only tasks of one status.") var status: TaskStatusArgument?

    @Option(help: ArgumentHelp("Only those with this in their file name or URL.", valueName: "text"))
    var search: String?

    @OptionGroup var limit: ListLimit
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let tasks = try await TaskService.using(session, access) { service in
            try await service.list(status: status?.rawValue.uppercased(), search: search, limit: limit.count)
        }
        session.print(TaskListReport(tasks: tasks, now: session.now).document)
        return .ok
    }
}

enum TaskStatusArgument: String, CaseIterable, ExpressibleByArgument {
    case pending, processing, completed, failed, cancelled

    init?(argument: String) { self.init(rawValue: argument.lowercased()) }
    static var allValueStrings: [String] { allCases.map { $0.rawValue.uppercased() } }
}
