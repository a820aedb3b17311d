public import AsyncHTTPClient

/// A client of one PixelFlow, for one account.
///
/// A value: copies share the HTTP client and differ in their token. Every call honours the cancellation of its task.
///
/// All calls throw `Problem` for an answer of the service that is no success, `ClientError` for everything else that
/// goes wrong, and `CancellationError`.
public struct PixelFlowClient: Sendable {
    /// Where the services are.
    public let endpoints: Endpoints
    /// The bearer token of the account, or an API key; nil before a login.
    public var token: String?
    /// Renews a token that has expired or was revoked; nil to leave that to the caller. Its token goes before `token`.
    public var sessions: TokenSession?
    /// When a call is repeated.
    public var retries: RetryPolicy
    /// How long a call whose answer is a document may take, with the answer: 30 s by default. Uploads, downloads and
    /// event streams have no such limit; the HTTP client's limit on silence (`HTTPClient.Configuration.Timeout.read`)
    /// ends one that stands still.
    public var requestTimeout: Duration
    /// `User-Agent` of every request.
    public var userAgent: String
    let http: HTTPClient

    /// - Parameter http: by default one that all share; another is ended by the caller, and best has the configuration `pixelFlow`.
    public init(
        _ endpoints: Endpoints, token: String? = nil, retries: RetryPolicy = RetryPolicy(), requestTimeout: Duration = .seconds(30),
        userAgent: String = "PixelFlowClient", http: HTTPClient = .pixelFlow
    ) {
        self.endpoints = endpoints
        self.token = token
        self.retries = retries
        self.requestTimeout = requestTimeout
        self.userAgent = userAgent
        self.http = http
    }

    /// The same client with another token.
    public func authenticated(with token: String) -> PixelFlowClient {
        var copy = self
        copy.token = token
        return copy
    }
}
