/// The base URLs of the services.
public struct Endpoints: Sendable, Hashable {
    /// The base URL of `/login` and the other calls of auth.
    public let auth: String
    /// The base URL of `/api/…`.
    public let api: String

    /// Connects to the services directly.
    public init(auth: String, api: String) {
        self.auth = Self.trimmed(auth)
        self.api = Self.trimmed(api)
    }

    /// Connects to both through web, at one base URL such as `https://images.example.com`.
    public init(web base: String) {
        let base = Self.trimmed(base)
        self.init(auth: base + "/auth", api: base)
    }

    private static func trimmed(_ url: String) -> String { String(url.reversed().drop { $0 == "/" }.reversed()) }
}
