import AsyncHTTPClient
import NIOCore
import WireFormats

/// An HTTP client that ends with its owner.
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
        // A redirect would need a new signature, and means that the region or endpoint is wrong: report it.
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(
            connect: .nanoseconds(timeouts.connect.nanoseconds), read: .nanoseconds(timeouts.readTimeout.nanoseconds))
        // The gate limits requests; this limits answers that are read slowly besides, which must not hold up the others.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        // Below the 20 s after which AWS closes an idle connection.
        configuration.connectionPool.idleTimeout = .seconds(15)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}
