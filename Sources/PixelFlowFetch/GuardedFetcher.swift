package import NIOCore
package import NIOPosix
package import PixelFlowCore
import PixelFlowURL
import WireFormats

/// Fetches sources from third-party servers without exposing the internal network (SSRF).
///
/// - Only http and https, only allowed ports, no user names or passwords in URLs; hosts are normalised.
/// - A name is resolved once per request. All its addresses must be allowed, otherwise no connection is made; the connection goes to one of
///   the checked addresses, without a second lookup.
/// - A redirect is a new request with the same checks. A redirect from https to http is refused, because it would drop the protection that
///   the URL requires.
/// - The size and time limits apply to the whole fetch. Compression is not requested; gzip and deflate that are sent anyway are decoded
///   within the size limit.
/// - Proxy settings of the environment are ignored, and cookies are not stored.
package struct GuardedFetcher: SourceFetcher {
    private let settings: FetchSettings
    private let policy: AddressPolicy
    private let resolver: any NameResolver
    private let exchange: Exchange

    /// How many addresses of a name are tried, one after the other, until a connection succeeds.
    private static let maximumAttempts = 4

    /// - Throws: `setting_invalid` if the file of trust roots cannot be read.
    package init(
        settings: FetchSettings = FetchSettings(),
        resolver: any NameResolver = SystemResolver.forSources,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        self.settings = settings
        self.policy = AddressPolicy(allowed: settings.allowedNetworks)
        self.resolver = resolver
        self.exchange = Exchange(
            group: eventLoopGroup, tls: try TLSTrust(rootsFile: settings.trustRootsFile),
            connectTimeout: settings.connectTimeout, userAgent: settings.userAgent)
    }

    package func fetch(_ url: String, limit: Int, for tenant: TenantID) async throws -> FetchedSource {
        let start = try SourceURL(url)
        do {
            return try await cancelling(after: settings.totalTimeout, throwing: PixelFlowError.sourceTimeout) {
                try await follow(start, limit: limit, tenant)
            }
        } catch {
            try Task.checkCancellation()
            throw PixelFlowError.fetchFailure(error)
        }
    }

    private func follow(_ start: SourceURL, limit: Int, _ tenant: TenantID) async throws -> FetchedSource {
        var url = start
        for _ in 0...max(settings.redirects, 0) {
            let response = try await request(url, limit: limit, tenant)
            guard let location = response.redirection else { return try response.source(from: url) }
            let next = try url.resolving(location)
            guard url.scheme == .http || next.scheme == .https else { throw PixelFlowError.downgrade }
            url = next
        }
        throw PixelFlowError.tooManyRedirects(settings.redirects)
    }

    private func request(_ url: SourceURL, limit: Int, _ tenant: TenantID) async throws -> FetchResponse {
        try url.check(settings.ports)
        var failure: any Error = PixelFlowError.nameNotResolved(url.host.urlText, isFinal: true)
        for address in try await policy.addresses(of: url.host, for: tenant, by: resolver).prefix(Self.maximumAttempts) {
            do {
                return try await exchange.get(url, at: address, limit: limit)
            } catch let error as ConnectError {
                failure = error
            }
        }
        throw failure
    }
}
