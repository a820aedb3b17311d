import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// Whether accounts can be made: `open`, `invite` or `closed`.
    public func registration() async throws -> String {
        try await Fields(document(Call(.GET, endpoints.auth + "/register"))).text("registration")
    }

    /// Makes an account.
    public func register(email: String, password: String) async throws -> Account {
        let body = RequestBody.json(["email": .string(email), "password": .string(password)])
        return try Account(Fields(await document(Call(.POST, endpoints.auth + "/register", headers: .json, body: body))))
    }

    /// Trades a password for a token; `authenticated(with:)` makes a client of it.
    ///
    /// - Parameter code: of an authenticator app, or a recovery code.
    /// - Throws: `Problem` `second_factor_required` if the account needs a code and there is none.
    public func logIn(email: String, password: String, code: String? = nil) async throws -> Login {
        var fields: [String: JSONValue] = ["email": .string(email), "password": .string(password)]
        if let code { fields["code"] = .string(code) }
        let body = RequestBody.json(.object(fields))
        return try Login(Fields(await document(Call(.POST, endpoints.auth + "/login", headers: .json, body: body))))
    }

    /// Trades a password for a token.
    ///
    /// - Parameter code: called if the account needs a code: of an authenticator app, or a recovery code.
    public func logIn(email: String, password: String, askingFor code: () async throws -> String) async throws -> Login {
        do {
            return try await logIn(email: email, password: password)
        } catch let problem as Problem where problem.code == "second_factor_required" {
            return try await logIn(email: email, password: password, code: try await code())
        }
    }

    /// Trades a refresh token for a new token and the next refresh token; the one sent is spent.
    ///
    /// - Parameter organisation: what the new token is for; nil for the organisation of the last one.
    /// - Throws: `Problem` `refresh_token_invalid` if the session has ended.
    public func refresh(_ refreshToken: String, organisation: String? = nil) async throws -> Login {
        var body: [String: JSONValue] = ["refresh_token": .string(refreshToken)]
        if let organisation { body["organisation"] = .string(organisation) }
        var visitor = self
        visitor.token = nil
        visitor.sessions = nil
        // The service gives the same answer again for 30 seconds, so that a lost one can be asked for once more.
        let call = Call(.POST, endpoints.auth + "/token", headers: .json, body: .json(.object(body)), isRepeatable: true)
        return try Login(Fields(await visitor.document(call)))
    }

    /// Whose token this client has.
    ///
    /// - Throws: `Problem` with status 401 if it is no good any more.
    public func validate() async throws -> Identity {
        try Identity(Fields(await document(Call(.GET, endpoints.auth + "/validate"))))
    }
}
