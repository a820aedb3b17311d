import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal

struct AuditCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Shows the audit log of an organisation, newest entry first.",
        discussion: """
            The organisation is that of the token: see pfctl login.

            Examples:
              pfctl audit
              pfctl audit --action key.created --since 2026-05-01T00:00:00Z
              pfctl audit --limit 0 -o json | jq -c '.entries[]'
            """)

    @Option(help: ArgumentHelp("Only entries of this action.", valueName: "action"))
    var action: String?

    @Option(help: ArgumentHelp("Only entries of this user or key.", valueName: "id"))
    var actor: ObjectArgument<AuditActor>?

    @Option(help: ArgumentHelp("Only entries at or after this time (RFC 3339).", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only entries before this time (RFC 3339).", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("The maximum number of entries; 0 means all.", valueName: "entries"))
    var limit = 50

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit cannot be negative.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let query = AuditQuery(action: action, actor: try actor?.id, since: since, until: until)
        let entries = try await access.withAuth(in: session) { auth in
            try await auth.call { try await $0.audit(query, upTo: limit == 0 ? nil : limit) }
        }
        session.print(TeamReport(now: session.date).document(entries))
        return .ok
    }
}

/// Who an entry is about.
enum AuditActor: ObjectKind {
    static let kind = "user or key"
    static let prefixes = [UserAccount.kind, APIKey.kind]
}
