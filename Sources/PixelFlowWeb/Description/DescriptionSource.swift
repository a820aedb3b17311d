import HTTPTypes
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import Synchronization
import WireFormats

/// The description of the whole product, merged from the descriptions of auth and api.
///
/// Fetches both when the description is first requested, and checks at most once a minute whether they are current. While one of the
/// services is down, its last description is used.
final class DescriptionSource: Sendable {
    /// The maximum size of a service's description in bytes; if it is larger, the service counts as down. Currently they are below 400 KiB.
    static let limit = 4 * 1024 * 1024
    /// How long a description is served without checking the services.
    static let interval: Duration = .seconds(60)
    /// The timeout for both services together; readers wait in the meantime.
    static let timeLimit: Duration = .seconds(5)

    private struct Known: Sendable {
        var tag: String?
        var document: JSONValue
    }

    private struct State {
        /// By service.
        var known: [String: Known] = [:]
        var product: TaggedJSON?
        var attemptedAt: Timestamp?
    }

    private let own: AsyncLazy<JSONValue>
    private let auth: Upstream
    private let api: Upstream
    private let clock: any WallClock
    private let state = Mutex(State())
    private let renewing = SingleFlight<Void>()

    init(own: AsyncLazy<JSONValue>, auth: Upstream, api: Upstream, clock: any WallClock) {
        self.own = own
        self.auth = auth
        self.api = api
        self.clock = clock
    }

    /// The description.
    ///
    /// - Throws: `auth_unavailable` or `api_unavailable` if a service has never responded; `descriptions_differ`.
    func product(_ logger: Logger) async throws -> TaggedJSON {
        do {
            _ = try await renewing.run(startingIf: { beginAttempt() }) { try await self.renew() }
        } catch let error as CancellationError {
            throw error
        } catch {
            guard let product = state.withLock({ $0.product }) else { throw error }
            logger.warning("description not refreshed", metadata: ["error": .string(String(describing: error))])
            return product
        }
        guard let product = state.withLock({ $0.product }) else { throw PixelFlowError.unavailable("api") }
        return product
    }

    private func beginAttempt() -> Bool {
        let now = clock.now()
        return state.withLock { state in
            if state.product != nil, let last = state.attemptedAt, now.age(since: last) < Self.interval { return false }
            state.attemptedAt = now
            return true
        }
    }

    private func renew() async throws {
        let own = try await own.value
        let known = try await readBoth()
        let product: JSONValue
        do {
            product = try ProductDescription.json(own, [.auth(known.auth.document), .api(known.api.document)])
        } catch {
            throw PixelFlowError(
                .unavailable, code: "descriptions_differ", "The services are of different versions, and their descriptions differ.",
                retry: .outage, retryAfter: 60, cause: error)
        }
        state.withLock { state in
            state.known = [auth.name: known.auth, api.name: known.api]
            state.product = TaggedJSON(product)
        }
    }

    private func readBoth() async throws -> (auth: Known, api: Known) {
        try await cancelling(after: Self.timeLimit, throwing: PixelFlowError.unavailable("api")) { [self] in
            async let ofAuth = read(auth)
            async let ofAPI = read(api)
            return try await (ofAuth, ofAPI)
        }
    }

    /// The service's current description, or the previous one if it is still current.
    private func read(_ service: Upstream) async throws -> Known {
        let known = state.withLock { $0.known[service.name] }
        var headers: HTTPFields = [.accept: "application/json"]
        headers[.ifNoneMatch] = known?.tag
        let response = try await service.send(.get, "/openapi.json", headers: headers)
        let content = try await response.collect(limit: Self.limit)
        if response.status == .notModified, let known { return known }
        guard response.status == .ok else { throw PixelFlowError.unavailable(service.name) }
        do {
            return Known(tag: response.headers[.eTag], document: try JSONValue(parsing: content.readableBytesView))
        } catch {
            throw PixelFlowError.unavailable(service.name, cause: error)
        }
    }
}
