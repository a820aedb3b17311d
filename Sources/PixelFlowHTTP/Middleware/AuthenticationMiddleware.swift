import HTTPTypes
package import Hummingbird
package import PixelFlowCore

/// Accepts only requests with a valid bearer token, and adds its principal to the context.
///
/// Throws `token_missing`, `token_invalid`, `token_expired` or `token_revoked`, each a 401, `network_not_allowed` (403) and
/// `authentication_throttled` (429).
package struct AuthenticationMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    private let verifier: TokenVerifier
    private let proxies: TrustedProxies
    private let admitsUpgrades: Bool

    /// - Parameters:
    ///   - proxies: the proxies that are trusted to report a client's address, for API keys that are restricted to networks.
    ///   - admitsUpgrades: whether a WebSocket may open without a token, because its route accepts one as the first message.
    package init(verifier: TokenVerifier, proxies: TrustedProxies = .loopback, admitsUpgrades: Bool = false) {
        self.verifier = verifier
        self.proxies = proxies
        self.admitsUpgrades = admitsUpgrades
    }

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        if admitsUpgrades, request.asksForWebSocket, request.headers[.authorization] == nil { return try await next(request, context) }
        var context = context
        context.principal = try await verifier.admit(request.bearerToken(), request, context, proxies: proxies).principal
        return try await next(request, context)
    }
}

extension TokenVerifier {
    /// Verifies a token, and whether it may be used from the address of the request.
    ///
    /// - Throws: the errors of `inspect`; `network_not_allowed` (403).
    package func admit(
        _ token: String, _ request: Request, _ context: AppRequestContext, proxies: TrustedProxies
    ) async throws -> VerifiedToken {
        let verified = try await inspect(token, request, context, proxies: proxies)
        if !verified.networks.isEmpty { try verified.requireNetwork(of: proxies.client(of: request, context: context)) }
        return verified
    }

    /// As `inspect`, from wherever the request comes; unknown keys are counted by its address.
    package func inspect(
        _ token: String, _ request: Request, _ context: AppRequestContext, proxies: TrustedProxies
    ) async throws -> VerifiedToken {
        // Nearly every token has been seen before: that path takes no suspension.
        if let known = cached(token) { return known }
        return try await inspect(token, from: proxies.client(of: request, context: context)?.subscriber)
    }
}

extension Request {
    /// The token of `Authorization: Bearer …`.
    ///
    /// - Throws: `token_missing` if there is no such header.
    package func bearerToken() throws(PixelFlowError) -> String {
        guard let header = headers[.authorization] else { throw .tokenMissing }
        // Bytes, because the search for characters is slow, and every request needs it.
        let space = UInt8(ascii: " ")
        let scheme = header.utf8.prefix { $0 != space }
        let token = header.utf8[scheme.endIndex...].drop { $0 == space }
        guard String(Substring(scheme)).lowercased() == "bearer", !token.isEmpty else { throw .tokenMissing }
        return String(Substring(token))
    }
}
