import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
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
        session.printer.print(.list("keys", keys, [.id, .name, .used, .scopes], now: session.now))
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

    @OptionGroup var new: NewKeyOptions
    @OptionGroup var defaults: KeyPriorityOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard global.format != .name else { throw ValidationError("-o name would not show the key, which is shown only once.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let key = try await session.client().createKey(new.name, scopes: new.scopes, priority: defaults.priority)
        let secret = try key.createdSecret()
        session.printer.print(Document([.lines([Text("\(key.reference) created")]), .verbatim(secret)], data: key.json))
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

    @Argument(help: "The id of the key.") var id: ObjectArgument<APIKey>
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        try await session.client().revokeKey(id)
        let reference = APIKey.reference(id)
        session.printer.print(.message(Text("\(reference) revoked"), data: ["key": .string(id)], names: [reference]))
        return .ok
    }
}
