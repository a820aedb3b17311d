import AsyncHTTPClient
import NIOCore
import WireFormats

/// An HTTP client that is shut down with its owner.
final class S3Client: Sendable {
    let http: HTTPClient

    init(_ configuration: HTTPClient.Configuration) {
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        _ = http.shutdown()
    }

    static func configuration(_ timeouts: S3Timeouts) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        // A redirect would need a new signature and means that the region or endpoint is wrong, so report it.
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(
            connect: .nanoseconds(timeouts.connect.nanoseconds), read: .nanoseconds(timeouts.readTimeout.nanoseconds))
        // The semaphore limits requests. This additionally allows for responses that are read slowly, which must not block others.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        // Below the 20 s after which AWS closes an idle connection.
        configuration.connectionPool.idleTimeout = .seconds(15)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}
