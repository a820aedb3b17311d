import FoundationEssentials
import WireFormats

/// The tokens of a login.
public struct SessionTokens: Sendable, Hashable {
    public var token: String
    /// Nil if the token cannot be renewed.
    public var refreshToken: String?

    public init(token: String, refreshToken: String?) {
        self.token = token
        self.refreshToken = refreshToken
    }
}

/// Stores the tokens of a login, for example in a file that several processes read.
public protocol SessionStore: Sendable {
    /// The current tokens: another process may have renewed them.
    func tokens() throws -> SessionTokens
    /// Exchanges a refresh token for new tokens; by default with the client whose token was rejected.
    ///
    /// - Throws: like `PixelFlowClient.refresh(_:organisation:)`.
    func renew(_ refreshToken: String, _ client: PixelFlowClient) async throws -> Login
    /// Stores the tokens of a renewal. The previous refresh token is already invalid.
    func keep(_ login: Login) throws
}

extension SessionStore {
    public func renew(_ refreshToken: String, _ client: PixelFlowClient) async throws -> Login {
        try await client.refresh(refreshToken)
    }
}

/// Supplies the token of a store, and renews it when the service rejects it as expired or revoked.
/// Copies of a client share a session; requests that are rejected at the same time renew the token once.
///
/// A session stays in the organisation of its first token: if another process switches the stored login to another one, requests fail instead
/// of reading and writing there.
public actor TokenSession {
    private let store: any SessionStore
    private var renewal: Task<String, any Error>?
    /// The organisation of the first token.
    private var organisation: String?

    public init(_ store: any SessionStore) {
        self.store = store
    }

    /// - Throws: `ClientError.otherOrganisation`.
    var token: String {
        get throws { try checked(store.tokens().token) }
    }

    private func checked(_ token: String) throws -> String {
        guard let found = UnverifiedToken.organisation(of: token) else { return token }
        let expected = organisation ?? found
        organisation = expected
        guard found == expected else { throw ClientError.otherOrganisation(expected: expected, found: found) }
        return token
    }

    /// Whether only the token is the problem, so that a renewal can help.
    static func canRenew(after problem: Problem) -> Bool {
        problem.status == 401 && ["token_expired", "token_revoked"].contains(problem.code)
    }

    /// Returns a replacement for a rejected token.
    ///
    /// - Throws: the `Problem` of the renewal, `ClientError.noRefreshToken` or `ClientError.otherOrganisation`.
    func renew(_ refused: String, _ client: PixelFlowClient) async throws -> String {
        if let renewal { return try checked(await renewal.value) }
        let tokens = try store.tokens()
        // Another request or process has already renewed it.
        guard tokens.token == refused else { return try checked(tokens.token) }
        guard let refreshToken = tokens.refreshToken else { throw ClientError.noRefreshToken }
        let task = Task { [store] in
            let login = try await store.renew(refreshToken, client)
            try store.keep(login)
            return login.token
        }
        renewal = task
        defer { renewal = nil }
        return try checked(await task.value)
    }
}
