public import AsyncHTTPClient
import NIOCore

extension HTTPClient.Configuration {
    /// The configuration that PixelFlow needs: 10 seconds to connect; a read timeout of 90 seconds (an event stream
    /// sends something every 15); no redirects, which must not receive the token; and no retries in addition to those of
    /// the retry policy.
    public static var pixelFlow: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: Timeout(connect: .seconds(10), read: .seconds(90), write: .seconds(90)))
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}

extension HTTPClient {
    /// The default client, shared by all users. It is never shut down.
    public static let pixelFlow = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .pixelFlow)
}
