import ArgumentParser
import PixelFlowClient
import Terminal
import WireFormats

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Lists, creates and revokes API keys of your organisation.",
        subcommands: [KeysListCommand.self, KeysCreateCommand.self, KeysRevokeCommand.self])
}

struct KeysListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Lists the API keys, newest first.",
        discussion: """
            Examples:
              pf keys ls
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let keys = try await session.client().keys()
        let rows = keys.map { key in
            Table.Row([
                Text(key.id), Text(key.name), key.lastUsedAt == nil ? Text("never") : session.age(key.lastUsedAt),
                Text(key.scopes.joined(separator: " ")),
            ])
        }
        let columns: [Table.Column] = [
            .init("ID"), .init("NAME", cut: .middle), .init("USED", .right, spare: .late), .init("SCOPES", cut: .wrap),
        ]
        session.printer.print(
            Document(
                [.table(Table(columns: columns, rows: rows))], data: ["keys": .array(keys.map(\.json))], names: keys.map { "key/\($0.id)" })
        )
        return .ok
    }
}

struct KeysCreateCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Creates an API key and prints it once.",
        discussion: """
            Examples:
              pf keys create site --scope tasks:read --scope tasks:write
              PIXELFLOW_TOKEN=pf_live_... pf tasks ls
            """)

    @Argument(help: "The name of the key.") var name: String

    @Option(name: .customLong("scope"), help: ArgumentHelp("A scope of the key. May be repeated.", valueName: "scope"))
    var scopes: [String]

    @Option(
        help: ArgumentHelp(
            "The priority of tasks for which neither the upload nor its preset names one: high, normal or low; normal by default.",
            valueName: "priority"))
    var priority: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard !scopes.isEmpty else { throw ValidationError("Give at least one --scope.") }
        guard global.format != .name else { throw ValidationError("-o name would not show the key, which is shown only once.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let key = try await session.client().createKey(name, scopes: scopes, priority: priority)
        guard let secret = key.secret else { throw CommandError(.failed, "the response has no secret of the key \(key.id)") }
        session.printer.print(Document([.lines([Text("key/\(key.id) created")]), .verbatim(secret)], data: key.json))
        return .ok
    }
}

struct KeysRevokeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revokes an API key; it is refused everywhere within seconds.",
        discussion: """
            Examples:
              pf keys revoke 019706d2-7c3e-7000-8000-000000000000
            """)

    @Argument(help: "The id of the key.") var id: String
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        try await session.client().revokeKey(id)
        session.printer.print(.message(Text("key/\(id) revoked"), data: ["key": .string(id)], names: ["key/\(id)"]))
        return .ok
    }
}
