import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// The registration mode: `open`, `invite` or `closed`.
    public func registration() async throws -> String {
        try await Fields(document(Call(.GET, endpoints.auth + "/register"))).text("registration")
    }

    /// Creates an account.
    public func register(email: String, password: String) async throws -> Account {
        let body = RequestBody.json(["email": .string(email), "password": .string(password)])
        return try Account(Fields(await document(Call(.POST, endpoints.auth + "/register", headers: .json, body: body))))
    }

    /// Exchanges a password for a token; use it with `authenticated(with:)`.
    ///
    /// - Parameter code: from an authenticator app, or a recovery code.
    /// - Throws: `Problem` `second_factor_required` if the account needs a code and `code` is nil.
    public func logIn(email: String, password: String, code: String? = nil) async throws -> Login {
        var fields: [String: JSONValue] = ["email": .string(email), "password": .string(password)]
        if let code { fields["code"] = .string(code) }
        let body = RequestBody.json(.object(fields))
        return try Login(Fields(await document(Call(.POST, endpoints.auth + "/login", headers: .json, body: body))))
    }

    /// Exchanges a password for a token.
    ///
    /// - Parameter code: called if the account needs a code from an authenticator app, or a recovery code.
    public func logIn(email: String, password: String, askingFor code: () async throws -> String) async throws -> Login {
        do {
            return try await logIn(email: email, password: password)
        } catch let problem as Problem where problem.code == "second_factor_required" {
            return try await logIn(email: email, password: password, code: try await code())
        }
    }

    /// Exchanges a refresh token for a new token and the next refresh token; the old one becomes invalid.
    ///
    /// - Parameter organisation: the organisation of the new token; nil for that of the last token.
    /// - Throws: `Problem` `refresh_token_invalid` if the session has ended.
    public func refresh(_ refreshToken: String, organisation: String? = nil) async throws -> Login {
        var body: [String: JSONValue] = ["refresh_token": .string(refreshToken)]
        if let organisation { body["organisation"] = .string(organisation) }
        var visitor = self
        visitor.token = nil
        visitor.sessions = nil
        // For 30 seconds, the service repeats its response to the same token, so a lost response can be requested again.
        let call = Call(.POST, endpoints.auth + "/token", headers: .json, body: .json(.object(body)), isRepeatable: true)
        return try Login(Fields(await visitor.document(call)))
    }

    /// Ends the session of the client's token: the service refuses all its tokens from now on, and its refresh token.
    public func logOut() async throws {
        _ = try await document(Call(.POST, endpoints.auth + "/logout", isRepeatable: true))
    }

    /// Ends the session of a login, so that no copy of its tokens works any more. Does nothing if it has ended already.
    public func logOut(_ tokens: SessionTokens) async throws {
        var visitor = self
        visitor.sessions = nil
        do {
            try await visitor.authenticated(with: tokens.token).logOut()
        } catch let problem as Problem where problem.status == 401 {
            // The session may go on although its token has expired.
            guard TokenSession.canRenew(after: problem), let refreshToken = tokens.refreshToken else { return }
            do {
                try await visitor.authenticated(with: try await refresh(refreshToken).token).logOut()
            } catch let problem as Problem where problem.status == 401 {
                return
            }
        }
    }

    /// The account that the client's token belongs to.
    ///
    /// - Throws: `Problem` with status 401 if the token is no longer valid.
    public func validate() async throws -> Identity {
        try Identity(Fields(await document(Call(.GET, endpoints.auth + "/validate"))))
    }
}
