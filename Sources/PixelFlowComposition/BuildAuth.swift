package import PixelFlowAuth
package import PixelFlowBackends
package import PixelFlowCore
package import PixelFlowHTTP
package import PixelFlowRuntime

/// Puts auth together.
///
/// - Parameter counting: counts requests for the rate limits.
/// - Returns: the service, and what verifies its tokens in the same process without HTTP.
/// - Throws: `setting_invalid`; with an embedded store also where the signing keys cannot be read.
package func buildAuth(
    _ settings: AuthSettings, backends: UserBackends, counting: RequestCounting, listen: ListenSettings, context: BuildContext
) async throws -> (parts: ServiceParts, verifier: TokenVerifier, identities: any IdentityService) {
    let auth = try AuthService(
        store: backends.store, settings: settings, limiter: counting.limiter, failures: counting.shared, signal: counting.revocations,
        requests: RequestLimits(settings.rates, limiter: counting.limiter, proxies: settings.proxies), logger: context.logger(for: "auth"))
    if backends.isEmbedded { try await auth.prepare() }
    return (
        ServiceParts(
            foundation: auth.services + counting.followers(auth.verifier, logger: context.logger(for: "auth")),
            listeners: [
                listen.listener(
                    "auth", auth.router(checks: counting.checks, probes: backends.probes + counting.probes, drain: context.drain))
            ]),
        auth.verifier,
        auth.identities
    )
}
