import ArgumentParser
import FoundationEssentials
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct PresetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets", abstract: "Lists, shows, saves and deletes presets.",
        subcommands: [PresetsListCommand.self, PresetsShowCommand.self, PresetsPutCommand.self, PresetsRemoveCommand.self])
}

struct PresetsListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Lists the built-in and saved presets.",
        discussion: """
            Examples:
              pf presets ls
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let presets = try await session.client().presets()
        let rows = presets.map { preset in
            let outputs = preset.pipeline["outputs"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            return Table.Row([Text(preset.name), Text(preset.priority?.rawValue ?? "-"), Text(outputs.joined(separator: ", "))])
        }
        session.printer.print(
            Document(
                [.table(Table(columns: [.init("NAME"), .init("PRIORITY"), .init("OUTPUTS", cut: .wrap)], rows: rows))],
                data: ["presets": .array(presets.map(\.json))], names: presets.map { Preset.reference($0.name) }))
        return .ok
    }
}

struct PresetsShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints the pipeline of a preset.",
        discussion: """
            Examples:
              pf presets show web -o json > web.json
            """)

    @Argument(help: "The preset.") var name: ObjectArgument<Preset>
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let name = try name.id
        let preset = try await session.client().preset(name)
        session.printer.print(
            Document([.verbatim(preset.pipeline.text(pretty: true))], data: preset.pipeline, names: [Preset.reference(preset.name)]))
        return .ok
    }
}

struct PresetsPutCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Saves a pipeline as a preset, replacing one of the same name.",
        discussion: """
            Examples:
              pf presets put mine pipeline.json
              pf presets put import pipeline.json --priority low
            """)

    @Argument(help: "The preset.") var name: ObjectArgument<Preset>
    @Argument(help: "A file with the pipeline as JSON.") var file: String
    @Option(
        help: ArgumentHelp(
            "The priority of tasks that use the preset and name none: high, normal or low; none for that of the API key. Without it a preset "
                + "that is replaced keeps its own."))
    var priority: PresetPriorityArgument?
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let name = try name.id
        let preset = try await session.client().putPreset(
            name, pipeline: PipelineFile.read(file), priority: priority?.change ?? .keep)
        session.printer.print(
            .message(Text("\(Preset.reference(preset.name)) saved"), data: preset.json, names: [Preset.reference(preset.name)]))
        return .ok
    }
}

/// The priority of a preset by name, or `none` to remove it.
enum PresetPriorityArgument: String, ExpressibleByArgument, CaseIterable {
    case high, normal, low
    case removed = "none"

    var change: Preset.PriorityChange { self == .removed ? .remove : .set(Upload.Priority(rawValue: rawValue)) }
}

struct PresetsRemoveCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Deletes a saved preset.",
        discussion: """
            Examples:
              pf presets rm mine
            """)

    @Argument(help: "The preset.") var name: ObjectArgument<Preset>
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let name = try name.id
        try await session.client().deletePreset(name)
        let reference = Preset.reference(name)
        session.printer.print(.message(Text("\(reference) deleted"), data: ["name": .string(name)], names: [reference]))
        return .ok
    }
}

/// A pipeline in a file.
enum PipelineFile {
    /// - Throws: `CommandError` if the file does not exist or is not JSON.
    static func read(_ path: String) throws -> JSONValue {
        guard let bytes = FileManager.default.contents(atPath: path) else { throw CommandError(.failed, "\(path) cannot be read") }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw CommandError(.failed, "\(path) is not JSON: \(error)")
        }
    }
}
