package import PixelFlowAuth
package import PixelFlowBackends
package import PixelFlowHTTP
package import PixelFlowRuntime

/// Builds auth.
///
/// - Parameter cache: counts requests and failed sign-ins, and signals revocations.
/// - Returns: the service, and a verifier of its tokens for the same process, without HTTP.
/// - Throws: `setting_invalid`; with an embedded store, also if the signing keys cannot be read.
package func buildAuth(
    _ settings: AuthSettings, backends: UserBackends, cache: CacheBackend, listen: ListenSettings, context: BuildContext
) async throws -> (parts: ServiceParts, verifier: TokenVerifier, identities: any IdentityService) {
    let auth = try AuthService(
        store: backends.store, settings: settings, limiter: cache.limiter,
        failures: cache.isShared ? cache.limiter : nil, signal: cache.revocations,
        requests: RequestLimits(settings.rates, limiter: cache.limiter, proxies: settings.proxies), logger: context.logger(for: "auth"))
    if backends.isEmbedded { try await auth.prepare() }
    return (
        ServiceParts(
            foundation: auth.services + cache.followers(auth.verifier, logger: context.logger(for: "auth")),
            listeners: [
                listen.listener(
                    "auth", auth.router(checks: cache.checks, probes: backends.probes + cache.probes, drain: context.drain))
            ]),
        auth.verifier,
        auth.identities
    )
}
