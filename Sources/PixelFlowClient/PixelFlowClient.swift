public import AsyncHTTPClient

/// A client of a PixelFlow installation, for one account.
///
/// A value type: copies share the HTTP client and may differ in their token. Every call honours the cancellation of its task.
///
/// All calls throw `Problem` for an unsuccessful response of the service, `ClientError` for all other
/// failures, and `CancellationError`.
public struct PixelFlowClient: Sendable {
    /// The URLs of the services.
    public let endpoints: Endpoints
    /// The bearer token of the account, or an API key; nil before a login.
    public var token: String?
    /// Renews a token that has expired or was revoked; nil if the caller does this. Its token takes precedence over `token`.
    public var sessions: TokenSession?
    /// When calls are retried.
    public var retries: RetryOptions
    /// The time limit of a call that returns a document, including the response: 30 s by default. Uploads, downloads and
    /// event streams have no such limit; the read timeout of the HTTP client (`HTTPClient.Configuration.Timeout.read`)
    /// ends stalled ones.
    public var requestTimeout: Duration
    /// The `User-Agent` of every request.
    public var userAgent: String
    let http: HTTPClient

    /// - Parameter http: defaults to a shared client. The caller must shut down its own client, which should use the configuration
    ///   `pixelFlow`.
    public init(
        _ endpoints: Endpoints, token: String? = nil, retries: RetryOptions = RetryOptions(), requestTimeout: Duration = .seconds(30),
        userAgent: String = "PixelFlowClient", http: HTTPClient = .pixelFlow
    ) {
        self.endpoints = endpoints
        self.token = token
        self.retries = retries
        self.requestTimeout = requestTimeout
        self.userAgent = userAgent
        self.http = http
    }

    /// A copy of the client with another token.
    public func authenticated(with token: String) -> PixelFlowClient {
        var copy = self
        copy.token = token
        return copy
    }
}
