import AsyncHTTPClient
import WireFormats

/// The proxy used to reach the server.
struct ProxyAddress: Sendable {
    enum Kind: Sendable { case http, socks5 }

    let kind: Kind
    let host: String
    let port: Int
    /// `user:password`, from the URL.
    let login: String?

    /// - Throws: `KubernetesError` of kind `configuration`.
    init(_ url: String) throws {
        let scheme = url.prefix { $0 != ":" }
        var rest = String(url[scheme.endIndex...])
        var login: String?
        if rest.hasPrefix("://"), let at = rest.lastIndex(of: "@") {
            login = String(rest[..<at].dropFirst(3))
            rest = "://" + rest[rest.index(after: at)...]
        }
        let kind: Kind
        switch scheme {
        case "http": kind = .http
        case "socks5", "socks5h": kind = .socks5
        default:
            throw KubernetesError(.configuration, "the proxy-url of the kubeconfig is neither http:// nor socks5://")
        }
        let address = try ServerAddress("http" + rest)
        self.kind = kind
        self.host = address.host
        self.port = rest.hasSuffix(":\(address.port)") || rest.hasSuffix(":\(address.port)/") ? address.port : kind == .http ? 80 : 1080
        self.login = login
    }

    var authorization: String? { login.map { "Basic \(Base64.encoded($0.utf8))" } }

    var forHTTPClient: HTTPClient.Configuration.Proxy {
        switch kind {
        case .socks5: .socksServer(host: host, port: port)
        case .http:
            if let login {
                .server(host: host, port: port, authorization: .basic(credentials: Base64.encoded(login.utf8)))
            } else {
                .server(host: host, port: port)
            }
        }
    }
}
