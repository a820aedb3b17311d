import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Lists, creates and revokes API keys.",
        discussion: """
            Keys belong to the organisation of the token: see pfctl login.

            Examples:
              pfctl keys ls
              pfctl keys create site --scope tasks:read --scope tasks:write
            """,
        subcommands: [KeysListCommand.self, KeysCreateCommand.self, KeysRevokeCommand.self])
}

struct KeysListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists the API keys of the organisation, newest first.",
        discussion: """
            Examples:
              pfctl keys ls
            """)

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let keys = try await access.withAuth(in: session) { auth in try await auth.call { try await $0.keys() } }
        session.print(
            .list(
                "keys", keys, [.id, .name, .hint, .age, .used, .expires, .networks, .priority, .scopes], now: session.date))
        return .ok
    }
}

struct KeysCreateCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Creates an API key and prints it.",
        discussion: """
            The key is shown only once. It works wherever a token does, and stays valid when its creator leaves.

            Examples:
              pfctl keys create site --scope tasks:read --scope tasks:write
              pfctl keys create backup --scope outputs:read --network 203.0.113.0/24 --expires 2027-01-31T00:00:00Z
            """)

    @OptionGroup var new: NewKeyOptions

    @Option(
        name: .customLong("network"),
        help: ArgumentHelp("A network from which the key may be used; any by default. May be repeated.", valueName: "cidr"))
    var networks: [String] = []

    @Option(help: ArgumentHelp("When the key expires (RFC 3339); never by default.", valueName: "time"))
    var expires: String?

    @OptionGroup var defaults: KeyPriorityOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws { try SecretOutput.check(global.output) }

    func run(in session: Session) async throws -> ExitStatus {
        guard change.dryRun == .none else {
            // The service has no dry run, but listing keys shows whether the token may manage them.
            if change.dryRun == .server {
                _ = try await access.withAuth(in: session) { auth in try await auth.call { try await $0.keys() } }
            }
            let data: JSONValue = ["name": .string(new.name), "dry_run": .string(change.dryRun.rawValue)]
            session.print(.message(Text("key \(new.name) created\(change.suffix)"), data: data))
            return .ok
        }
        let key = try await access.withAuth(in: session) { auth in
            try await auth.call {
                try await $0.createKey(
                    new.name, scopes: new.scopes, expiresAt: expires, networks: networks, priority: defaults.priority)
            }
        }
        let secret = try key.createdSecret()
        session.print(
            SecretOutput.document(
                "\(key.reference) created", secret: secret, "Store the key securely: it is not shown again.", data: key.json))
        return .ok
    }
}

struct KeysRevokeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revokes an API key; it is refused everywhere within seconds.",
        discussion: """
            Examples:
              pfctl keys revoke 019706d2-7c3e-7000-8000-000000000000
            """)

    @Argument(help: "The id of the key.") var id: ObjectArgument<APIKey>

    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        if !change.isClientOnly {
            try await access.withAuth(in: session) { auth in
                guard change.dryRun == .server else { return try await auth.call { try await $0.revokeKey(id) } }
                guard try await auth.call({ try await $0.keys() }).contains(where: { $0.id == id }) else {
                    throw CommandError(.failed, "there is no key \(id)", hint: "pfctl keys ls lists them")
                }
            }
        }
        let reference = APIKey.reference(id)
        session.print(
            .message(
                Text("\(reference) revoked\(change.suffix)"), data: ["key": .string(id), "dry_run": .string(change.dryRun.rawValue)],
                names: [reference]))
        return .ok
    }
}
