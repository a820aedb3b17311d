/// The base URLs of the services.
public struct Endpoints: Sendable, Hashable {
    /// In front of `/login` and the other calls of auth.
    public let auth: String
    /// In front of `/api/…`.
    public let api: String

    /// The services themselves.
    public init(auth: String, api: String) {
        self.auth = Self.trimmed(auth)
        self.api = Self.trimmed(api)
    }

    /// Both through web, under one base URL, such as `https://images.example.com`.
    public init(web base: String) {
        let base = Self.trimmed(base)
        self.init(auth: base + "/auth", api: base)
    }

    private static func trimmed(_ url: String) -> String { String(url.reversed().drop { $0 == "/" }.reversed()) }
}
