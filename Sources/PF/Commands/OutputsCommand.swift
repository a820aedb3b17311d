import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
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
            A file that exists with other contents is kept, and the exit code is 1; --force replaces it.

            Examples:
              pf outputs get 019706d2-7c3e-7000-8000-000000000000 --output small
              pf outputs get 019706d2-7c3e-7000-8000-000000000000 thumb hero
            """)

    @Argument(help: "The task.") var id: ObjectArgument<ImageTask>
    @Argument(help: "The outputs; by default all.") var names: [String] = []

    @Option(help: ArgumentHelp("The folder for the files; created if it does not exist.", valueName: "folder")) var output = "."

    @Flag(help: "Replace files that exist with other contents.") var force = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        let client = try session.client()
        let task = try await client.task(id)
        let unknown = names.filter { name in !task.outputs.contains { $0.name == name && $0.error == nil } }
        guard unknown.isEmpty else { throw CommandError(.failed, "the task has no output \(unknown.joined(separator: ", "))") }
        let folder = try OutputFolder(output, replaces: force)
        var files: [OutputFolder.File] = []
        // The other outputs are downloaded nevertheless.
        var failures: [CommandError] = []
        for output in task.outputs where output.error == nil && (names.isEmpty || names.contains(output.name)) {
            do {
                files.append(try await folder.fetch(output, of: task, as: try output.savedName, client))
            } catch let failure as CommandError {
                failures.append(failure)
            }
        }
        session.printer.print(
            Document(
                [.unwrapped(files.map { Text("\($0.path) \($0.isNew ? "saved" : "exists already")") })],
                data: ["files": .array(files.map(\.json))], names: files.map(\.path)))
        for failure in failures { session.printer.report(failure) }
        return failures.first?.status ?? .ok
    }
}
