package import NIOCore
package import NIOPosix
package import PixelFlowCore
import PixelFlowURL
import WireFormats

/// Fetches sources from third-party servers without giving access to this network.
///
/// - Only http and https, on the ports that are allowed, no user names or passwords in URLs, hosts in one spelling only.
/// - A name is resolved once for each request; every address it has must be allowed, else nothing is
///   connected to, and the connection goes to one of the addresses that were checked. There is no
///   second lookup between check and connection.
/// - A redirect is a new request with the same checks. A redirect from https to http is refused: it would drop
///   a protection that the URL requires.
/// - Size and time limits apply to the whole. Compression is not requested; gzip and deflate that are sent anyway
///   are decoded within the limit of bytes.
/// - Proxies of the environment are not used, cookies are not kept.
package struct GuardedFetcher: SourceFetcher {
    private let settings: FetchSettings
    private let policy: AddressPolicy
    private let resolver: any NameResolver
    private let exchange: Exchange

    /// Addresses of one name that are tried, one after the other, until one takes the connection.
    private static let maximumAttempts = 4

    /// - Throws: `PixelFlowError` `setting_invalid` if the file of trust roots cannot be read.
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
            return try await within(settings.totalTimeout) { try await follow(start, limit: limit, tenant) }
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
