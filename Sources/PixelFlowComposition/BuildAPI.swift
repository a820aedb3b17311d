import AsyncHTTPClient
import PixelFlowAPI
package import PixelFlowBackends
package import PixelFlowCore
import PixelFlowDispatch
package import PixelFlowHTTP
package import PixelFlowRuntime
import PixelFlowURL
import PixelFlowWebhooks

/// Builds api, including the background work for all tasks: the dispatcher and the orphan collector.
///
/// - Parameters:
///   - tokens: verifies bearer tokens.
///   - cache: counts requests, caches responses, and signals revocations.
package func buildAPI(
    _ settings: APISettings, backends: TaskBackends, tokens: TokenVerification, cache: CacheBackend, listen: ListenSettings,
    context: BuildContext
) throws -> ServiceParts {
    let hub = EventHub(events: backends.events, limits: settings.events, logger: context.logger(for: "api"))
    let logger = context.logger(for: "dispatch")
    let usage = backends.tasks
    let presets = CachedPresets(backends.tasks, cache: cache.store)
    // If the store is unavailable, no tasks can be sent anyway.
    let weight: @Sendable (TenantID) async -> Int = { (try? await usage.quota(of: $0))?.weight ?? 1 }
    let turns =
        settings.turns.isOn
        ? TurnDispatcher(
            store: backends.tasks, events: backends.events, publisher: backends.publisher,
            settings: backends.isEmbedded ? settings.turns.embedded : settings.turns, weight: weight, logger: logger) : nil
    let audit = AuditRecorder(outbox: backends.tasks, proxies: listen.proxies, logger: context.logger(for: "api"))
    let webhooks = WebhookSender(
        store: backends.tasks, events: backends.events, poster: try settings.webhooks.poster(),
        pendingLimit: settings.webhooks.pendingLimit, logger: context.logger(for: "webhooks"), disabling: audit.disabling,
        message: WebhookMessage.body)
    let quotas = QuotaWatch(
        usage: usage, webhooks: backends.tasks, audit: audit, wake: webhooks.wake, logger: context.logger(for: "api"))
    let batches = BatchWatch(
        batches: backends.tasks, webhooks: backends.tasks, mail: BatchMail(desk: tokens.identities, tasks: backends.tasks),
        events: backends.events, settings: settings.batches, wake: webhooks.wake, logger: context.logger(for: "api"))
    let api = APIService(
        dependencies: APIDependencies(
            tasks: backends.tasks, presets: presets, usage: backends.tasks, webhooks: backends.tasks,
            wakeWebhooks: webhooks.wake, quotaWatch: quotas, batches: backends.tasks, batchWatch: batches, blobs: backends.blobs,
            archive: backends.tasks,
            versions: backends.versions,
            publisher: backends.publisher, turns: turns, hub: hub, verifier: tokens.verifier, audit: audit, secret: settings.secret,
            proxies: listen.proxies),
        limits: settings.images, ports: settings.ports, uploads: settings.uploads, queue: settings.queue,
        batches: settings.batches, requests: RequestLimits(settings.rates, limiter: cache.limiter, proxies: listen.proxies))
    // Uploads are accepted without the broker: their dispatch messages stay due until it is available.
    let checks = backends.brokerChecks(need: .never) + tokens.checks + cache.checks
    return ServiceParts(
        foundation: [
            VerifiedService(
                Dispatcher(
                    store: backends.tasks, broker: backends.broker, blobs: backends.blobs, publisher: backends.publisher, turns: turns,
                    logger: logger),
                in: backends.installation),
            OrphanCollector(
                store: backends.tasks, blobs: backends.blobs, installation: backends.installation, settings: settings.orphans,
                logger: logger),
            Retention(tasks: backends.tasks, publisher: backends.publisher, audit: audit, logger: logger),
            AuditPublisher(outbox: backends.tasks, sink: tokens.identities, recorder: audit, logger: context.logger(for: "api")),
            OrganisationPurge(
                identities: tokens.identities, tasks: backends.tasks, presets: presets, batches: backends.tasks,
                webhooks: backends.tasks, publisher: backends.publisher, audit: audit, logger: logger),
            DigestCollector(desk: tokens.identities, tasks: backends.tasks, logger: context.logger(for: "api")),
            webhooks, quotas, batches, hub,
        ] + (turns.map { [$0] } ?? []) + cache.followers(tokens.verifier, logger: context.logger(for: "api")),
        listeners: [listen.listener("api", api.router(checks: checks, probes: backends.probes + cache.probes, drain: context.drain))])
}

/// The settings of api itself, independent of its backends.
package struct APISettings: Sendable {
    package static let descriptions: [SettingDescription] =
        ImageLimits.descriptions + EventLimits.descriptions + AllowedPorts.descriptions + UploadLimits.descriptions
        + OrphanSettings.descriptions + TurnSettings.descriptions + QueueSettings.descriptions + ServiceSecret.descriptions
        + RateLimitSettings.descriptions + WebhookSettings.descriptions + BatchSettings.descriptions

    let images: ImageLimits
    let events: EventLimits
    let ports: AllowedPorts
    let uploads: UploadLimits
    let orphans: OrphanSettings
    let turns: TurnSettings
    let queue: QueueSettings
    let rates: RateLimitSettings
    let webhooks: WebhookSettings
    let batches: BatchSettings
    /// Authenticates operators.
    package var secret: ServiceSecret

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        images = try ImageLimits(settings)
        events = try EventLimits(settings)
        ports = try AllowedPorts(settings)
        uploads = try UploadLimits(settings)
        orphans = try OrphanSettings(settings)
        turns = try TurnSettings(settings)
        queue = try QueueSettings(settings)
        secret = try ServiceSecret(settings)
        rates = try RateLimitSettings(settings)
        webhooks = try WebhookSettings(settings)
        batches = try BatchSettings(settings)
    }
}

/// How api verifies bearer tokens.
package struct TokenVerification: Sendable {
    package static let remoteSettings: [SettingDescription] =
        RemoteKeySource.descriptions + RemoteIdentitySource.descriptions + TokenRules.descriptions

    let verifier: TokenVerifier
    let identities: any IdentityService
    let checks: [HealthCheck]

    private init(_ verifier: TokenVerifier, _ identities: any IdentityService, checks: [HealthCheck] = []) {
        self.verifier = verifier
        self.identities = identities
        self.checks = checks
    }

    /// Uses the keys of an auth service in the same process.
    package static func local(_ verifier: TokenVerifier, _ identities: any IdentityService) -> TokenVerification {
        TokenVerification(verifier, identities)
    }

    /// Uses the keys of a remote auth service, requested over HTTP.
    ///
    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package static func remote(_ settings: Settings, context: BuildContext) throws(PixelFlowError) -> TokenVerification {
        // The shared client needs no shutdown. If another setting is invalid, an own client that was not shut down would crash the
        // process before the error is printed.
        let keys = try RemoteKeySource(settings, client: .shared)
        let identities = try RemoteIdentitySource(settings, client: .shared)
        let verifier = TokenVerifier(
            source: keys, identities: identities,
            rules: try TokenRules(settings), logger: context.logger(for: "api"))
        return TokenVerification(verifier, identities, checks: [HealthCheck("auth") { try await verifier.prepare() }])
    }
}
