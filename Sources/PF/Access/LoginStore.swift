import FoundationEssentials
import PixelFlowClient
import Terminal

/// The tokens obtained by `pf login` and by renewals, one per server, in a file that only this user can read.
struct LoginStore: Sendable {
    struct Login: Codable, Sendable, Hashable {
        var token: String
        /// Nil in a file written by a release before sessions.
        var refreshToken: String?
        var email: String
        /// In seconds since 1970.
        var expires: Double
    }

    struct Contents: Codable, Sendable, Hashable {
        /// The server of the last login; nil after its logout.
        var server: String?
        var logins: [String: Login] = [:]
    }

    private let folder: String
    private var file: String { "\(folder)/logins.json" }

    /// - Throws: `CommandError` if the environment defines no folder for configuration.
    init(environment: [String: String]) throws {
        folder = try Self.folder(environment, variable: "XDG_CONFIG_HOME", inHome: ".config")
    }

    /// The folder `pixelflow` in a directory defined by the environment.
    static func folder(_ environment: [String: String], variable: String, inHome place: String) throws -> String {
        if let base = environment[variable], base.hasPrefix("/") { return "\(base)/pixelflow" }
        if let home = environment["HOME"], !home.isEmpty { return "\(home)/\(place)/pixelflow" }
        throw CommandError(.usage, "there is nowhere to keep files", hint: "set HOME or \(variable)")
    }

    /// Empty if there is no file.
    ///
    /// - Throws: `CommandError` if the file cannot be read or is invalid.
    func contents() throws -> Contents { try decoded(PrivateFile.read(file)) }

    /// Changes the contents. Other processes wait meanwhile, so that no change gets lost.
    ///
    /// - Throws: `CommandError`, also if the file cannot be read or is invalid; then nothing has changed.
    @discardableResult
    func update<Result>(_ change: (inout Contents) throws -> Result) throws -> Result {
        try PrivateFile.update(file, in: folder) { bytes in
            var contents = try decoded(bytes)
            let result = try change(&contents)
            return (Array(try JSONEncoder().encode(contents)), result)
        }
    }

    private func decoded(_ bytes: [UInt8]?) throws -> Contents {
        guard let bytes else { return Contents() }
        guard let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)) else { throw PrivateFile.invalid(file) }
        return contents
    }
}

/// The login at one server, shared by concurrent commands.
struct StoredSession: SessionStore {
    let store: LoginStore
    let server: String
    let clock: @Sendable () -> Date

    /// - Throws: `CommandError` if no one is logged in.
    func tokens() throws -> SessionTokens {
        guard let login = try store.contents().logins[server] else {
            throw CommandError(.unreachable, "no one is logged in to \(server) any more", hint: "run pf login")
        }
        return SessionTokens(token: login.token, refreshToken: login.refreshToken)
    }

    func keep(_ login: Login) throws {
        try store.update { $0.logins[server]?.renew(login, now: clock()) }
    }
}

extension LoginStore.Login {
    init(_ login: Login, email: String, now: Date) {
        self.init(token: login.token, email: email, expires: 0)
        renew(login, now: now)
    }

    fileprivate mutating func renew(_ login: Login, now: Date) {
        token = login.token
        // The server omits an unchanged refresh token.
        refreshToken = login.refreshToken ?? refreshToken
        expires = now.addingTimeInterval(Double(login.expiresIn.components.seconds)).timeIntervalSince1970
    }
}
