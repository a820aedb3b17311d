/// Why a request to the API failed, with a human-readable message.
public struct KubernetesError: Error, Sendable, CustomStringConvertible {
    public let kind: Kind
    /// One readable sentence without secrets. If the server gave a reason, it is that of the server.
    public let message: String
    /// What can be done about it if that is known: an exec plugin's installation hint, for one.
    public let hint: String?
    /// The status of the server, if it answered.
    public let status: APIStatus?

    public enum Kind: Sendable, Hashable {
        /// The kubeconfig or the in-cluster configuration is missing, unreadable or contradicts itself.
        case configuration
        /// No credentials could be had: the exec plugin failed, a token or certificate file is unreadable.
        case credentials
        /// No connection to the server, or it broke.
        case unreachable
        case tls(TLSProblem)
        /// The server did not answer in time.
        case timeout
        /// 401
        case unauthorized
        /// 403
        case forbidden
        /// 404
        case notFound
        /// 409, created twice.
        case alreadyExists
        /// 409: changed concurrently, or owned by another field manager.
        case conflict
        /// 410: the resource version or continue token is too old.
        case gone
        /// 400 and 422: the server understood and refused.
        case invalid
        /// 429
        case tooManyRequests
        /// 5xx
        case server
        /// A port of this computer cannot be listened on.
        case localPort
        /// Any other answer.
        case unexpected
    }

    public enum TLSProblem: Sendable, Hashable {
        /// The server's certificate is signed by an authority that is not trusted here.
        case unknownAuthority
        case expired
        case notYetValid
        /// The certificate is for another host.
        case wrongHost
        /// The server refused our certificate, or TLS failed in another way.
        case handshake
    }

    public init(_ kind: Kind, _ message: String, hint: String? = nil, status: APIStatus? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.status = status
    }

    public var description: String { message }

    /// Whether the same call may go well a little later, without anyone changing anything.
    public var isTransient: Bool {
        switch kind {
        case .unreachable, .timeout, .tooManyRequests, .server: true
        default: false
        }
    }
}

/// Kubernetes' own answer to a call that failed.
public struct APIStatus: Codable, Sendable, Hashable {
    /// The HTTP status.
    public var code: Int?
    /// One word for programs: `NotFound`, `Forbidden`, `Conflict`, …
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
