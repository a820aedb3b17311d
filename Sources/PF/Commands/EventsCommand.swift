import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct EventsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Follows changes of tasks until it is interrupted.",
        discussion: """
            With -o json, each event is one line. Reconnects after a lost connection without missing an event.

            Examples:
              pf events
              pf events -o json | jq -r 'select(.event == "task") | .task.id'
            """)

    @Option(help: ArgumentHelp("Continue after the event with this id, as -o json shows it.", valueName: "id")) var after: String?

    @Option(help: ArgumentHelp("Stop after this many events; 0 means never.", valueName: "events")) var limit = 0

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        var count = 0
        for try await event in try session.client().events(after: after) {
            guard let (line, data) = Self.view(event) else {
                session.printer.status.show("listening", isPassing: true)
                continue
            }
            session.printer.status.clear()
            switch global.format {
            case .json: session.printer.print(verbatim: data.text() + "\n")
            case .table, .wide: session.printer.print(line: line)
            case .yaml, .name: session.printer.print(Document([], data: data, names: [data["id"]?.stringValue ?? ""]))
            }
            count += 1
            if count == limit { break }
        }
        return .ok
    }

    /// Nil for events that are not shown.
    private static func view(_ event: TaskEvent) -> (Text, JSONValue)? {
        var data: JSONValue = [:]
        data["id"] = event.id.map { .string($0) }
        switch event.change {
        case .opened: return nil
        case .task(let task):
            data["event"] = "task"
            data["task"] = task.json
            return (Text("\(task.id)  ") + task.status.text + Text("  \(Int(percentOf: task.progress)) %  \(task.sourceName)"), data)
        case .deleted(let id):
            data["event"] = "task_deleted"
            data["task"] = ["id": .string(id)]
            return (Text("\(id)  deleted", .faint), data)
        case .reset:
            data["event"] = "reset"
            return (Text("some changes were missed: pf tasks ls lists the tasks", .warning), data)
        case .other(let other):
            data["event"] = .string(other.name)
            return (Text(other.name, .faint), data)
        }
    }
}

struct CompletionCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Prints the completion script for a shell.",
        discussion: """
            Examples:
              source <(pf completion bash)
            """)

    @Argument(help: "The shell.") var shell: ShellArgument
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        session.printer.print(verbatim: shell.script(for: RootCommand.self))
        return .ok
    }
}
