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

/// Where the tokens of a login are kept, such as a file that several processes read.
public protocol SessionStore: Sendable {
    /// The tokens as they are now: another process may have renewed them.
    func tokens() throws -> SessionTokens
    /// Trades a refresh token for new tokens; by default with the client whose token was refused.
    ///
    /// - Throws: as `PixelFlowClient.refresh(_:organisation:)`.
    func renew(_ refreshToken: String, _ client: PixelFlowClient) async throws -> Login
    /// Keeps the tokens of a renewal. The refresh token of before is spent by then.
    func keep(_ login: Login) throws
}

extension SessionStore {
    public func renew(_ refreshToken: String, _ client: PixelFlowClient) async throws -> Login {
        try await client.refresh(refreshToken)
    }
}

/// Sends the token of a store, and renews it when the service refuses it because it has expired or was revoked.
/// Copies of a client share one; requests that are refused at the same time renew once.
public actor TokenSession {
    private let store: any SessionStore
    private var renewal: Task<String, any Error>?

    public init(_ store: any SessionStore) {
        self.store = store
    }

    var token: String {
        get throws { try store.tokens().token }
    }

    /// Whether the problem is with the token alone, so that its session may give another one.
    static func canRenew(after problem: Problem) -> Bool {
        problem.status == 401 && ["token_expired", "token_revoked"].contains(problem.code)
    }

    /// A token in the place of one that was refused.
    ///
    /// - Throws: `Problem`, of the renewal; `ClientError.noRefreshToken`.
    func renew(_ refused: String, _ client: PixelFlowClient) async throws -> String {
        if let renewal { return try await renewal.value }
        let tokens = try store.tokens()
        // Another request or process was first.
        guard tokens.token == refused else { return tokens.token }
        guard let refreshToken = tokens.refreshToken else { throw ClientError.noRefreshToken }
        let task = Task { [store] in
            let login = try await store.renew(refreshToken, client)
            try store.keep(login)
            return login.token
        }
        renewal = task
        defer { renewal = nil }
        return try await task.value
    }
}
