package import FoundationEssentials
package import PixelFlowClient
import Terminal
import WireFormats

/// The tokens obtained by logins and renewals, in a file that only this user can read.
package struct LoginStore: Sendable {
    package struct Entry: Codable, Sendable, Hashable {
        package var token: String
        /// Nil in a file written by a release before sessions.
        package var refreshToken: String?
        package var email: String
        package var expires: Date
    }

    package struct Contents: Codable, Sendable, Hashable {
        /// The name of the last login; nil after its logout, and in a file without it.
        package var server: String?
        /// By server or installation.
        package var logins: [String: Entry] = [:]
    }

    /// How the file is written, which later releases must be able to read.
    package enum Layout: Sendable {
        /// All of `Contents`, with times in seconds since 1970.
        case contents
        /// `Contents.logins` alone, with times in RFC 3339.
        case logins
    }

    private let folder: String
    private let file: String
    private let layout: Layout

    /// - Parameters:
    ///   - folder: in the folder for configuration.
    ///   - file: in that folder.
    /// - Throws: `CommandError` if the environment defines no folder for configuration.
    package init(environment: [String: String], folder: String, file: String, layout: Layout) throws {
        self.folder = try UserFolder.path(environment, variable: "XDG_CONFIG_HOME", inHome: ".config", folder)
        self.file = "\(self.folder)/\(file)"
        self.layout = layout
    }

    /// Empty if there is no file.
    ///
    /// - Throws: `CommandError` if the file cannot be read or is invalid.
    package func contents() throws -> Contents { try decoded(PrivateFile.read(file)) }

    /// Changes the contents. Other processes wait meanwhile, so that no change gets lost.
    ///
    /// - Throws: `CommandError`, also if the file cannot be read or is invalid; then nothing has changed.
    @discardableResult
    package func update<Result>(_ change: (inout Contents) throws -> Result) throws -> Result {
        try PrivateFile.update(file, in: folder) { bytes in
            var contents = try decoded(bytes)
            let result = try change(&contents)
            return (Array(try encoded(contents)), result)
        }
    }

    private func decoded(_ bytes: [UInt8]?) throws -> Contents {
        guard let bytes else { return Contents() }
        let decoder = JSONDecoder()
        do {
            switch layout {
            case .contents:
                decoder.dateDecodingStrategy = .secondsSince1970
                return try decoder.decode(Contents.self, from: Data(bytes))
            case .logins:
                decoder.dateDecodingStrategy = .custom(Self.time)
                return Contents(logins: try decoder.decode([String: Entry].self, from: Data(bytes)))
            }
        } catch {
            throw PrivateFile.invalid(file)
        }
    }

    private func encoded(_ contents: Contents) throws -> Data {
        let encoder = JSONEncoder()
        switch layout {
        case .contents:
            encoder.dateEncodingStrategy = .secondsSince1970
            return try encoder.encode(contents)
        case .logins:
            encoder.dateEncodingStrategy = .custom { time, encoder in
                try RFC3339(seconds: Int64(time.timeIntervalSince1970.rounded(.down))).text().encode(to: encoder)
            }
            return try encoder.encode(contents.logins)
        }
    }

    /// A text that is not a time is one that has passed long ago, so that the rest of the file stays readable.
    private static func time(_ decoder: any Decoder) throws -> Date {
        let text = try decoder.singleValueContainer().decode(String.self)
        return RFC3339(text).map { Date(timeIntervalSince1970: Double($0.seconds)) } ?? Date(timeIntervalSince1970: 0)
    }
}

extension LoginStore.Entry {
    package init(_ login: Login, email: String, now: Date) {
        self.init(token: login.token, email: email, expires: now)
        renew(login, now: now)
    }

    fileprivate mutating func renew(_ login: Login, now: Date) {
        token = login.token
        // The server omits an unchanged refresh token.
        refreshToken = login.refreshToken ?? refreshToken
        expires = now.addingTimeInterval(Double(login.expiresIn.components.seconds))
    }

    package var tokens: SessionTokens { SessionTokens(token: token, refreshToken: refreshToken) }
}

/// The login at one server or installation, shared by concurrent commands.
package struct StoredSession: SessionStore {
    package typealias Renewal = @Sendable (_ refreshToken: String, _ email: String, PixelFlowClient) async throws -> Login

    private let store: LoginStore
    private let name: String
    private let clock: @Sendable () -> Date
    private let hint: String
    private let renewal: Renewal

    /// - Parameters:
    ///   - hint: how to log in.
    ///   - renewal: by default with the client whose token was rejected.
    package init(
        _ store: LoginStore, _ name: String, clock: @escaping @Sendable () -> Date, hint: String,
        renewal: @escaping Renewal = { refreshToken, _, client in try await client.refresh(refreshToken) }
    ) {
        self.store = store
        self.name = name
        self.clock = clock
        self.hint = hint
        self.renewal = renewal
    }

    /// - Throws: `CommandError` if no one is logged in.
    private func entry() throws -> LoginStore.Entry {
        guard let entry = try store.contents().logins[name] else {
            throw CommandError(.unreachable, "no one is logged in to \(name) any more", hint: hint)
        }
        return entry
    }

    package func tokens() throws -> SessionTokens { try entry().tokens }

    package func renew(_ refreshToken: String, _ client: PixelFlowClient) async throws -> Login {
        try await renewal(refreshToken, entry().email, client)
    }

    package func keep(_ login: Login) throws {
        // No one is logged in again by the renewal of a login that has been deleted meanwhile.
        try store.update { $0.logins[name]?.renew(login, now: clock()) }
    }

    /// The tokens for a client.
    ///
    /// - Parameter location: for messages, such as ` at https://images.example.com`.
    /// - Throws: `CommandError` if there is no login that is valid or renewable.
    package func session(at location: String = "") throws -> TokenSession {
        guard let entry = try store.contents().logins[name] else {
            throw CommandError(.unreachable, "this command needs a login\(location)", hint: hint)
        }
        guard entry.refreshToken != nil || entry.expires > clock() else {
            throw CommandError(.unreachable, "the login of \(entry.email)\(location) has expired", hint: hint)
        }
        return TokenSession(self)
    }
}
