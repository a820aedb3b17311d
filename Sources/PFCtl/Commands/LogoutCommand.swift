import ArgumentParser
import KubernetesClient

struct LogoutCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forgets the token of the last login at this installation.",
        discussion: """
            Examples:
              pfctl logout
            """)

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let store = try TokenStore(environment: session.environment)
        let key = TokenStore.key(try session.configuration())
        let entry = store.entries()[key]
        if entry != nil, change.dryRun == .none { try store.set(nil, for: key) }
        let data: JSONValue = [
            "installation": .string(key), "was_logged_in": .bool(entry != nil), "dry_run": .string(change.dryRun.rawValue),
        ]
        let text = entry.map { "\($0.email) is logged out of \(key)\(change.suffix)" } ?? "nobody was logged in at \(key)"
        session.print(.message(Text(text), data: data, names: entry.map { ["login/\($0.email)"] } ?? []))
        return .ok
    }
}
