import ArgumentParser
import PixelFlowClient
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
        session.print(TeamReport(now: session.now).document(keys))
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

    @Argument(help: "The name of the key.") var name: String

    @Option(name: .customLong("scope"), help: ArgumentHelp("A scope of the key. May be repeated.", valueName: "scope"))
    var scopes: [String]

    @Option(
        name: .customLong("network"),
        help: ArgumentHelp("A network from which the key may be used; any by default. May be repeated.", valueName: "cidr"))
    var networks: [String] = []

    @Option(help: ArgumentHelp("When the key expires (RFC 3339); never by default.", valueName: "time"))
    var expires: String?

    @Option(
        help: ArgumentHelp(
            "The priority of tasks for which neither the upload nor its preset names one: high, normal or low; normal by default.",
            valueName: "priority"))
    var priority: String?

    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard !scopes.isEmpty else { throw ValidationError("Give at least one --scope.") }
        try SecretOutput.check(global.output)
    }

    func run(in session: Session) async throws -> ExitStatus {
        guard change.dryRun == .none else {
            // The service has no dry run, but listing keys shows whether the token may manage them.
            if change.dryRun == .server {
                _ = try await access.withAuth(in: session) { auth in try await auth.call { try await $0.keys() } }
            }
            let data: JSONValue = ["name": .string(name), "dry_run": .string(change.dryRun.rawValue)]
            session.print(.message(Text("key \(name) created\(change.suffix)"), data: data))
            return .ok
        }
        let key = try await access.withAuth(in: session) { auth in
            try await auth.call { try await $0.createKey(name, scopes: scopes, expiresAt: expires, networks: networks, priority: priority) }
        }
        guard let secret = key.secret else { throw CommandError(.failed, "the response has no secret of the key \(key.id)") }
        session.print(
            SecretOutput.document(
                "key/\(key.id) created", secret: secret, "Keep the key in a safe place: it is not shown again.", data: key.json))
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

    @Argument(help: "The id of the key.") var id: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        if !change.isClientOnly {
            try await access.withAuth(in: session) { auth in
                guard change.dryRun == .server else { return try await auth.call { try await $0.revokeKey(id) } }
                guard try await auth.call({ try await $0.keys() }).contains(where: { $0.id == id }) else {
                    throw CommandError(.failed, "there is no key \(id)", hint: "pfctl keys ls lists them")
                }
            }
        }
        session.print(
            .message(
                Text("key/\(id) revoked\(change.suffix)"), data: ["key": .string(id), "dry_run": .string(change.dryRun.rawValue)],
                names: ["key/\(id)"]))
        return .ok
    }
}
