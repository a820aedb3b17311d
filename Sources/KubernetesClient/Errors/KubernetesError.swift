/// Why a request to the API failed, with a human-readable message.
public struct KubernetesError: Error, Sendable, CustomStringConvertible {
    public let kind: Kind
    /// One readable sentence without secrets, from the server if it gave a reason.
    public let message: String
    /// How to fix it, if known, for example the installation hint of an exec plugin.
    public let hint: String?
    /// The server's `Status`, if it responded.
    public let status: APIStatus?

    public enum Kind: Sendable, Hashable {
        /// The kubeconfig or the in-cluster configuration is missing, unreadable or inconsistent.
        case configuration
        /// Credentials are unavailable: the exec plugin failed, or a token or certificate file is unreadable.
        case credentials
        /// The connection to the server failed or was lost.
        case unreachable
        case tls(TLSProblem)
        /// The server did not respond in time.
        case timeout
        /// 401
        case unauthorized
        /// 403
        case forbidden
        /// 404
        case notFound
        /// 409: the object already exists.
        case alreadyExists
        /// 409: changed concurrently, or owned by another field manager.
        case conflict
        /// 410: the resource version or continue token is too old.
        case gone
        /// 400 and 422: the server understood and rejected the request.
        case invalid
        /// 429
        case tooManyRequests
        /// 5xx
        case server
        /// A local port is not available.
        case localPort
        /// Any other response.
        case unexpected
    }

    public enum TLSProblem: Sendable, Hashable {
        /// The certificate authority of the server is not trusted.
        case unknownAuthority
        case expired
        case notYetValid
        /// The certificate is for another host.
        case wrongHost
        /// The server rejected the client certificate, or TLS failed in another way.
        case handshake
    }

    public init(_ kind: Kind, _ message: String, hint: String? = nil, status: APIStatus? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.status = status
    }

    public var description: String { message }

    /// Whether the same call may succeed later without any change.
    public var isTransient: Bool {
        switch kind {
        case .unreachable, .timeout, .tooManyRequests, .server: true
        default: false
        }
    }
}

/// The `Status` object of Kubernetes for a failed call.
public struct APIStatus: Codable, Sendable, Hashable {
    /// The HTTP status.
    public var code: Int?
    /// A machine-readable word: `NotFound`, `Forbidden`, `Conflict`, …
    public var reason: String?
    public var message: String?
    public var details: Details?

    public struct Details: Codable, Sendable, Hashable {
        public var name: String?
        public var group: String?
        public var kind: String?
        public var causes: [Cause]?
        public var retryAfterSeconds: Int?
    }

    public struct Cause: Codable, Sendable, Hashable {
        public var reason: String?
        public var message: String?
        public var field: String?
    }
}
