public import AsyncHTTPClient
import NIOCore

extension HTTPClient.Configuration {
    /// What a client of PixelFlow needs: 10 seconds for a connection, an end to connections that are silent for 90 seconds (an
    /// event stream says something every 15), no redirects, which a token must not follow, and no attempts beside those of the
    /// retry policy.
    public static var pixelFlow: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: Timeout(connect: .seconds(10), read: .seconds(90), write: .seconds(90)))
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}

extension HTTPClient {
    /// Shared by all clients that are given no other; ends with the process.
    public static let pixelFlow = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .pixelFlow)
}
