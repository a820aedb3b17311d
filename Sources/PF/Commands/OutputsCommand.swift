import ArgumentParser
import PixelFlowClient
import Terminal

struct OutputsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outputs", abstract: "Downloads the outputs of tasks.", subcommands: [OutputsGetCommand.self])
}

struct OutputsGetCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Downloads the outputs of a task that do not exist locally.",
        discussion: """
            Examples:
              pf outputs get 019706d2-7c3e-7000-8000-000000000000 --output small
              pf outputs get 019706d2-7c3e-7000-8000-000000000000 thumb hero
            """)

    @Argument(help: "The task.") var id: String
    @Argument(help: "The outputs; by default all.") var names: [String] = []

    @Option(help: ArgumentHelp("The folder for the files; created if it does not exist.", valueName: "folder")) var output = "."

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let client = try session.client()
        let task = try await client.task(id)
        let unknown = names.filter { name in !task.outputs.contains { $0.name == name && $0.error == nil } }
        guard unknown.isEmpty else { throw CommandError(.failed, "the task has no output \(unknown.joined(separator: ", "))") }
        let folder = try OutputFolder(output)
        var files: [OutputFolder.File] = []
        for output in task.outputs where output.error == nil && (names.isEmpty || names.contains(output.name)) {
            files.append(try await folder.fetch(output, of: task, as: output.fileName, client))
        }
        session.printer.print(
            Document(
                [.lines(files.map { Text("\($0.path) \($0.isNew ? "saved" : "exists already")") })],
                data: ["files": .array(files.map(\.json))], names: files.map(\.path)))
        return .ok
    }
}
