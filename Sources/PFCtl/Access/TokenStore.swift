import ArgumentParser
import FoundationEssentials
import KubernetesClient
import PixelFlowClient
import Terminal

/// The tokens obtained by `pfctl login`, one per installation, in a file that only this user can read.
struct TokenStore: Sendable {
    struct Entry: Codable, Sendable, Hashable {
        var token: String
        /// Nil in a file written by a release before sessions.
        var refreshToken: String?
        var email: String
        var expires: Timestamp
    }

    private let folder: String
    private var file: String { "\(folder)/tokens.json" }

    /// - Throws: `CommandError` if the environment defines no folder for configuration.
    init(environment: [String: String]) throws {
        if let configuration = environment["XDG_CONFIG_HOME"], configuration.hasPrefix("/") {
            folder = "\(configuration)/pfctl"
        } else if let home = environment["HOME"], !home.isEmpty {
            folder = "\(home)/.config/pfctl"
        } else {
            throw CommandError(.usage, "there is nowhere to store the token", hint: "set HOME or XDG_CONFIG_HOME")
        }
    }

    /// Identifies an installation: the same cluster, user and namespace.
    static func key(_ configuration: ClusterConfiguration) -> String {
        "\(configuration.contextName ?? configuration.server)/\(configuration.namespace)"
    }

    /// Empty if there is no file.
    ///
    /// - Throws: `CommandError` if the file cannot be read or is invalid.
    func entries() throws -> [String: Entry] { try decoded(PrivateFile.read(file)) }

    /// Changes the entry of an installation; nil removes it. Other processes wait meanwhile, so that no change gets lost.
    ///
    /// - Throws: `CommandError`, also if the file cannot be read or is invalid; then nothing has changed.
    func update(_ key: String, _ change: (Entry?) throws -> Entry?) throws {
        try PrivateFile.update(file, in: folder) { bytes in
            var entries = try decoded(bytes)
            entries[key] = try change(entries[key])
            return (Array(try JSONEncoder().encode(entries)), ())
        }
    }

    private func decoded(_ bytes: [UInt8]?) throws -> [String: Entry] {
        guard let bytes else { return [:] }
        guard let entries = try? JSONDecoder().decode([String: Entry].self, from: Data(bytes)) else { throw PrivateFile.invalid(file) }
        return entries
    }
}

extension TokenStore.Entry {
    init(_ login: Login, email: String, at now: Timestamp) {
        self.init(
            token: login.token, refreshToken: login.refreshToken, email: email, expires: now.advanced(by: login.expiresIn))
    }

    fileprivate func renewed(by login: Login, at now: Timestamp) -> TokenStore.Entry {
        var entry = TokenStore.Entry(login, email: email, at: now)
        // Auth omits an unchanged refresh token.
        entry.refreshToken = login.refreshToken ?? refreshToken
        return entry
    }
}

/// The options of commands that call services with a token.
struct TokenOptions: ParsableArguments {
    /// A variable, because other processes can see a command line.
    static let variable = "PFCTL_TOKEN"

    @Option(help: ArgumentHelp("The token to use instead of $PFCTL_TOKEN and 'pfctl login'.", valueName: "token"))
    var token: String?

    /// The token of the options, of the environment, or of the last login, in this order.
    /// - Throws: `CommandError` if there is no token that is valid or renewable.
    func caller(in session: Session) throws -> ForwardedService.Caller {
        if let token, !token.isEmpty { return .token(token) }
        return try Self.ambient(in: session)
    }

    /// Runs a body with the api, as the owner of the token.
    func withAPI<Result: Sendable>(in session: Session, _ body: (ForwardedService) async throws -> Result) async throws -> Result {
        try await ForwardedService.using(.api, in: session, as: try caller(in: session), body)
    }

    /// Runs a body with auth, as the owner of the token.
    func withAuth<Result: Sendable>(in session: Session, _ body: (ForwardedService) async throws -> Result) async throws -> Result {
        try await ForwardedService.using(.auth, in: session, as: try caller(in: session), body)
    }

    /// The token of the environment, or of the last login.
    /// - Throws: `CommandError` if there is no token that is valid or renewable.
    static func ambient(in session: Session) throws -> ForwardedService.Caller {
        if let token = session.environment[variable], !token.isEmpty { return .token(token) }
        guard let store = try? TokenStore(environment: session.environment), let key = try? TokenStore.key(session.configuration()),
            let entry = try store.entries()[key]
        else { throw unknown("this command needs a login") }
        guard entry.refreshToken != nil || entry.expires > session.now else {
            throw unknown("the login of \(entry.email) has expired")
        }
        return .login(TokenSession(StoredLogin(store: store, key: key, session: session)))
    }

    fileprivate static func unknown(_ what: String) -> CommandError {
        CommandError(.unreachable, what, hint: "run pfctl login, or set \(variable) to a PixelFlow token")
    }
}

/// The login at one installation, shared by concurrent commands.
private struct StoredLogin: SessionStore {
    let store: TokenStore
    let key: String
    let session: Session

    private func entry() throws -> TokenStore.Entry {
        guard let entry = try store.entries()[key] else { throw TokenOptions.unknown("no one is logged in to \(key) any more") }
        return entry
    }

    func tokens() throws -> SessionTokens {
        let entry = try entry()
        return SessionTokens(token: entry.token, refreshToken: entry.refreshToken)
    }

    /// Always renews with auth, although the rejected request may have gone to the api.
    func renew(_ refreshToken: String, _ client: PixelFlowClient) async throws -> Login {
        let email = try entry().email
        return try await ForwardedService.using(.auth, in: session, as: .nobody) { auth in
            try await auth.call { client in
                do {
                    return try await client.refresh(refreshToken)
                } catch let problem as Problem where problem.code == "refresh_token_invalid" {
                    throw TokenOptions.unknown("the login of \(email) has ended")
                }
            }
        }
    }

    func keep(_ login: Login) throws {
        // A renewal must not restore a login that has been deleted in the meantime.
        try store.update(key) { $0?.renewed(by: login, at: session.now) }
    }
}
