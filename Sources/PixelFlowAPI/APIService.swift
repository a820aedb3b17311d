package import Hummingbird
package import Metrics
package import PixelFlowCore
package import PixelFlowDispatch
package import PixelFlowHTTP
package import PixelFlowURL

/// The dependencies of the api service.
package struct APIDependencies: Sendable {
    package var tasks: any TaskOwnerStore
    package var presets: any PresetStore
    package var usage: any UsageStore
    package var webhooks: any WebhookOwnerStore
    /// Makes the webhook sender check for due deliveries.
    package var wakeWebhooks: @Sendable () -> Void
    /// Notes which organisations have created tasks; nil if quota warnings are off.
    package var quotaWatch: QuotaWatch?
    package var batches: any BatchOwnerStore
    /// Completes batches; nil if this process does not.
    package var batchWatch: BatchWatch?
    package var blobs: any BlobStore
    /// The contents of the task database, for backups; nil if backups are not supported.
    package var archive: (any ArchivableStore)?
    /// Tell which tasks are unchanged and need not be read again.
    package var versions: any TaskVersions
    package var publisher: OutboxPublisher
    /// Lets organisations take turns; nil if every task is dispatched immediately.
    package var turns: TurnDispatcher?
    package var hub: EventHub
    package var verifier: TokenVerifier
    package var audit: AuditRecorder
    /// Authenticates operators.
    package var secret: ServiceSecret
    package var clock: any WallClock
    /// The proxies that are trusted to report a client's address.
    package var proxies: TrustedProxies

    package init(
        tasks: any TaskOwnerStore, presets: any PresetStore, usage: any UsageStore, webhooks: any WebhookOwnerStore,
        wakeWebhooks: @escaping @Sendable () -> Void = {}, quotaWatch: QuotaWatch? = nil, batches: any BatchOwnerStore,
        batchWatch: BatchWatch? = nil, blobs: any BlobStore, archive: (any ArchivableStore)? = nil,
        versions: any TaskVersions,
        publisher: OutboxPublisher, turns: TurnDispatcher? = nil, hub: EventHub, verifier: TokenVerifier, audit: AuditRecorder,
        secret: ServiceSecret = .off,
        clock: any WallClock = SystemClock(),
        proxies: TrustedProxies = .loopback
    ) {
        self.tasks = tasks
        self.presets = presets
        self.usage = usage
        self.webhooks = webhooks
        self.wakeWebhooks = wakeWebhooks
        self.quotaWatch = quotaWatch
        self.batches = batches
        self.batchWatch = batchWatch
        self.blobs = blobs
        self.archive = archive
        self.versions = versions
        self.publisher = publisher
        self.turns = turns
        self.hub = hub
        self.verifier = verifier
        self.audit = audit
        self.secret = secret
        self.clock = clock
        self.proxies = proxies
    }
}

/// The HTTP interface to tasks, outputs, presets and events; `docs/api.md` describes it.
package struct APIService: Sendable {
    private let dependencies: APIDependencies
    private let limits: ImageLimits
    private let ports: AllowedPorts
    private let uploads: UploadLimits
    private let queue: QueueSettings
    private let batches: BatchSettings
    private let requests: RequestLimits
    private let metrics: any MetricsFactory

    /// - Parameters:
    ///   - ports: the ports allowed in source URLs; URLs with other ports are rejected immediately.
    ///   - requests: the request rate limits.
    ///   - metrics: the metrics of the process by default.
    package init(
        dependencies: APIDependencies, limits: ImageLimits = ImageLimits(), ports: AllowedPorts = .standard,
        uploads: UploadLimits = UploadLimits(), queue: QueueSettings = QueueSettings(), batches: BatchSettings = BatchSettings(),
        requests: RequestLimits = .off, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.dependencies = dependencies
        self.limits = limits
        self.ports = ports
        self.uploads = uploads
        self.queue = queue
        self.batches = batches
        self.requests = requests
        self.metrics = metrics
    }

    /// The router with every route of the service.
    ///
    /// - Parameters:
    ///   - checks: checks of `/readyz` in addition to the task database and the blob store.
    ///   - probes: probes of the backends, for operators.
    ///   - drain: set when the service begins to stop.
    package func router(
        checks: [HealthCheck] = [], probes: [BackendProbe] = [], drain: DrainState = DrainState()
    ) -> Router<AppRequestContext> {
        let tasks = dependencies.tasks
        let blobs = dependencies.blobs
        let health = HealthRoutes(
            checks: [
                HealthCheck("task_database") { try await tasks.check() },
                HealthCheck("blob_store") { try await blobs.check() },
            ] + checks, drain: drain)
        let views = dependencies.hub.views
        let reads = TaskReads(
            dependencies.tasks, usage: dependencies.usage, versions: dependencies.versions, views: views, clock: dependencies.clock,
            metrics: metrics)
        let service = ServiceMetrics(service: "api", claiming: ["tasks_created_", "event_streams", "webhook_", "cache_"], factory: metrics)
        let upload = UploadRoutes(
            dependencies: dependencies, limits: limits, ports: ports, views: views, created: CreatedTasks(metrics),
            admission: UploadAdmission(limits: uploads),
            queues: QueueLimit(queue, usage: dependencies.usage, clock: dependencies.clock))
        let routes =
            upload.routes + TaskRoutes(dependencies: dependencies, views: views, reads: reads, metrics: TaskMetrics(metrics)).routes
            + OutputRoutes(dependencies: dependencies).routes
            + PresetRoutes(presets: dependencies.presets, audit: dependencies.audit, clock: dependencies.clock).routes
            + PipelineRoutes().routes
            + StatisticsRoutes(reads: reads, clock: dependencies.clock).routes
            + UsageRoutes(reads: reads).routes
            + BatchRoutes(
                batches: dependencies.batches, watch: dependencies.batchWatch, limit: batches.limit, clock: dependencies.clock
            ).routes
            + WebhookRoutes(
                endpoints: WebhookEndpoints(store: dependencies.webhooks, clock: dependencies.clock), audit: dependencies.audit,
                wake: dependencies.wakeWebhooks
            ).routes
        let archive =
            dependencies.archive.map { store in
                ArchiveRoutes(service: "api", store: store, unavailable: .taskDatabaseUnavailable).routes
                    + ArchivedObjectRoutes(store: store, blobs: blobs).routes
            } ?? []
        return ServiceRouter.make(metrics: service, health: health, description: .api, limits: requests) { table in
            table.add(routes, behind: [AuthenticationMiddleware(verifier: dependencies.verifier, proxies: dependencies.proxies)])
            table.add(
                EventRoutes(dependencies: dependencies, views: views, requests: requests).routes,
                behind: [
                    AuthenticationMiddleware(verifier: dependencies.verifier, proxies: dependencies.proxies, admitsUpgrades: true)
                ])
            table.add(
                QuotaRoutes(usage: dependencies.usage, audit: dependencies.audit).routes
                    + DiagnosisRoutes(service: "api", probes: probes).routes + archive,
                behind: [ServiceSecretMiddleware(dependencies.secret)])
        }
    }
}
