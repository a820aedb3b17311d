package import NIOCore
package import NIOHTTP1
package import NIOPosix
package import PixelFlowCore
package import PixelFlowURL
import Synchronization
package import WireFormats

/// Posts to third-party servers without exposing the internal network, with the same rules as `GuardedFetcher`: a name is resolved once,
/// all its addresses must be allowed, and the connection goes to one that was checked. Redirects are not followed but returned like other
/// responses.
package struct GuardedPoster: Sendable {
    /// A response: its status, and its body up to a limit.
    package struct Response: Sendable {
        package let status: Int
        /// The delay that `Retry-After` requests; nil if absent.
        package let retryAfter: Duration?
        /// The start of the body.
        package let body: ByteBuffer
    }

    /// A request without a response.
    package struct PostError: Error, Sendable, Hashable {
        /// Why there was no response. Contains no addresses of the internal network.
        package enum Reason: String, Sendable, CaseIterable {
            case timeout, unreachable
            case urlInvalid = "url_invalid"
            case addressBlocked = "address_blocked"
            case nameNotResolved = "name_not_resolved"
            case certificateUntrusted = "certificate_untrusted"
            case responseInvalid = "answer_invalid"
        }

        package let reason: Reason
        /// Whether the server may have received the request.
        package let mayHaveSent: Bool
        /// The time before which another attempt is useless, because the name is not looked up again; nil where there is none.
        package let retryAfter: Duration?

        package init(reason: Reason, mayHaveSent: Bool, retryAfter: Duration? = nil) {
            self.reason = reason
            self.mayHaveSent = mayHaveSent
            self.retryAfter = retryAfter
        }
    }

    /// How many addresses of a name are tried, one after the other, until a connection succeeds.
    private static let maximumAttempts = 4

    private let policy: AddressPolicy
    private let ports: AllowedPorts
    private let resolver: any NameResolver
    private let timeout: Duration
    private let exchange: Exchange

    /// - Parameters:
    ///   - allowedNetworks: non-public networks that may be posted to.
    ///   - timeout: for the complete request, from the lookup to the end of the response.
    /// - Throws: `setting_invalid` if the file of trust roots cannot be read.
    package init(
        allowedNetworks: [NetworkRange] = [], ports: AllowedPorts, timeout: Duration, connectTimeout: Duration = .seconds(5),
        userAgent: String, trustRootsFile: String? = nil, resolver: any NameResolver = SystemResolver.forPosts,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        policy = AddressPolicy(allowed: allowedNetworks)
        self.ports = ports
        self.resolver = resolver
        self.timeout = timeout
        exchange = Exchange(
            group: eventLoopGroup, tls: try TLSTrust(rootsFile: trustRootsFile), connectTimeout: connectTimeout, userAgent: userAgent)
    }

    /// Posts `body`.
    ///
    /// - Parameters:
    ///   - responseLimit: how many bytes of the response body are read; then the connection is closed.
    ///   - tenant: the organisation on whose behalf the request is made.
    /// - Throws: `PostError`, or `CancellationError`.
    package func post(
        _ url: String, headers: [(String, String)], body: ByteBuffer, responseLimit: Int, for tenant: TenantID
    ) async throws -> Response {
        guard let url = try? SourceURL(url), ports.contains(url.port) else {
            throw PostError(reason: .urlInvalid, mayHaveSent: false)
        }
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: url.target)
        head.headers = HTTPHeaders(
            [("Host", url.authority), ("User-Agent", exchange.userAgent), ("Content-Length", "\(body.readableBytes)")] + headers
                + [("Connection", "close")])
        let isSent = SentMark()
        do {
            return try await cancelling(after: timeout, throwing: PixelFlowError.sourceTimeout) { [head] in
                try await post(head, body, to: url, responseLimit, tenant) { isSent.set() }
            }
        } catch {
            try Task.checkCancellation()
            throw PostError(error, isSent: isSent.value)
        }
    }

    /// - Parameter onSend: called when the request is about to be sent.
    private func post(
        _ head: HTTPRequestHead, _ body: ByteBuffer, to url: SourceURL, _ limit: Int, _ tenant: TenantID,
        onSend: @escaping @Sendable () -> Void
    ) async throws -> Response {
        var failure: any Error = PixelFlowError.nameNotResolved(url.host.urlText, isFinal: true)
        for address in try await policy.addresses(of: url.host, for: tenant, by: resolver).prefix(Self.maximumAttempts) {
            do {
                return try await exchange.send(head, body: body, to: url, at: address, onSend: onSend) { PostResponseReader(limit: limit) }
            } catch let error as ConnectError {
                failure = error
            }
        }
        throw failure
    }
}

/// Records whether a request has been sent.
private final class SentMark: Sendable {
    private let isSet = Atomic(false)

    var value: Bool { isSet.load(ordering: .acquiring) }
    func set() { isSet.store(true, ordering: .releasing) }
}

extension GuardedPoster.PostError {
    fileprivate init(_ error: any Error, isSent: Bool) {
        let failure = error is HTTPParserError ? nil : PixelFlowError.fetchFailure(error)
        reason = failure.map { Reason($0) } ?? .responseInvalid
        retryAfter = failure?.retryAfter.map { .seconds($0) }
        // Nothing passes a connection before its certificate is trusted.
        mayHaveSent = isSent && reason != .certificateUntrusted
    }
}

extension GuardedPoster.PostError.Reason {
    fileprivate init(_ failure: PixelFlowError) {
        switch failure.code {
        case "source_timeout": self = .timeout
        case "address_blocked": self = .addressBlocked
        case "name_not_resolved": self = .nameNotResolved
        case "source_refused": self = .certificateUntrusted
        default: self = .unreachable
        }
    }
}
