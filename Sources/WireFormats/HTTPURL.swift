/// The URLs that an HTTP client can call.
public enum HTTPURL {
    private static let schemes = ["http", "https"]

    /// Whether a text begins with `http://` or `https://` and a host.
    public static func isOne(_ text: String) -> Bool {
        for scheme in schemes where text.hasPrefix(scheme + "://") {
            return text.dropFirst(scheme.count + 3).first.map { !"/?#:@".contains($0) } ?? false
        }
        return false
    }

    /// A URL to which paths can be added, without its last slash. Nil for a text that is none, or that has credentials, a query or a
    /// fragment.
    public static func base(_ text: String) -> String? {
        guard let url = try? ServerURL(parsing: text), schemes.contains(url.scheme), url.hosts.count == 1, url.credentials == nil,
            !text.contains("?"), !text.contains("#")
        else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
