import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// Whether accounts can be made: `open` or `closed`.
    public func registration() async throws -> String {
        try await Fields(document(Call(.GET, endpoints.auth + "/register"))).text("registration")
    }

    /// Makes an account.
    public func register(email: String, password: String) async throws -> Account {
        let body = RequestBody.json(["email": .string(email), "password": .string(password)])
        return try Account(Fields(await document(Call(.POST, endpoints.auth + "/register", headers: .json, body: body))))
    }

    /// Trades a password for a token; `authenticated(with:)` makes a client of it.
    public func logIn(email: String, password: String) async throws -> Login {
        let body = RequestBody.json(["email": .string(email), "password": .string(password)])
        return try Login(Fields(await document(Call(.POST, endpoints.auth + "/login", headers: .json, body: body))))
    }

    /// Whose token this client has.
    ///
    /// - Throws: `Problem` with status 401 if it is no good any more.
    public func validate() async throws -> Identity {
        try Identity(Fields(await document(Call(.GET, endpoints.auth + "/validate"))))
    }
}
