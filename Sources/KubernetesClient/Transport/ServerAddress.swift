/// The components of the server's URL.
struct ServerAddress: Sendable {
    let isSecure: Bool
    let host: String
    let port: Int
    /// Without a trailing slash.
    let path: String

    /// - Throws: `KubernetesError` of kind `configuration`.
    init(_ url: String) throws {
        var rest = url[...]
        if rest.hasPrefix("https://") {
            isSecure = true
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("http://") {
            isSecure = false
            rest = rest.dropFirst(7)
        } else if !rest.contains("://") {
            // kubectl treats a bare `host:port` as http.
            isSecure = false
        } else {
            throw Self.failure(url)
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        path = String(rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }.reversed().drop { $0 == "/" }.reversed())
        guard let (host, port) = Self.hostAndPort(authority), !authority.contains("@"), port ?? 1 > 0, port ?? 1 < 65_536 else {
            throw Self.failure(url)
        }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        let legal = authority.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard legal, !authority.isEmpty else { return nil }
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let host = String(authority[authority.index(after: authority.startIndex)..<end])
            let rest = authority[authority.index(after: end)...]
            if rest.isEmpty { return (host, nil) }
            guard rest.first == ":", let port = Int(rest.dropFirst()) else { return nil }
            return (host, port)
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty else { return nil }
        if parts.count == 1 { return (String(parts[0]), nil) }
        guard let port = Int(parts[1]) else { return nil }
        return (String(parts[0]), port)
    }

    private static func failure(_ url: String) -> KubernetesError {
        // The URL may contain a password, which must not appear in the message.
        KubernetesError(.configuration, "the server's address '\(url.contains("@") ? "…" : url)' is not a URL such as https://host:6443")
    }

    /// The authority as in a URL or a `Host` header.
    var authority: String { authority(host: host) }

    /// `host:port`, even with the default port.
    func authority(withPort host: String) -> String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    func authority(host: String) -> String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}
