public import Hummingbird
public import Metrics
public import PixelFlowCore
public import PixelFlowDispatch
public import PixelFlowHTTP
public import PixelFlowURL

/// Everything the api works with.
public struct APITools: Sendable {
    public var tasks: any TaskStore
    public var presets: any PresetStore
    public var blobs: any BlobStore
    public var announcer: TaskAnnouncer
    public var hub: EventHub
    public var verifier: TokenVerifier
    public var clock: any WallClock

    public init(
        tasks: any TaskStore, presets: any PresetStore, blobs: any BlobStore, announcer: TaskAnnouncer, hub: EventHub,
        verifier: TokenVerifier, clock: any WallClock = SystemClock()
    ) {
        self.tasks = tasks
        self.presets = presets
        self.blobs = blobs
        self.announcer = announcer
        self.hub = hub
        self.verifier = verifier
        self.clock = clock
    }
}

/// The HTTP interface to tasks, outputs, presets and events; `docs/api.md` describes it.
public struct APIService: Sendable {
    private let tools: APITools
    private let limits: ImageLimits
    private let ports: AllowedPorts
    private let uploads: UploadLimits
    private let metrics: any MetricsFactory

    /// - Parameters:
    ///   - ports: those of a source; another one is refused at once.
    ///   - metrics: the process's, unless given.
    public init(
        tools: APITools, limits: ImageLimits = ImageLimits(), ports: AllowedPorts = .standard, uploads: UploadLimits = UploadLimits(),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.tools = tools
        self.limits = limits
        self.ports = ports
        self.uploads = uploads
        self.metrics = metrics
    }

    /// The router with every route of the service.
    ///
    /// - Parameters:
    ///   - checks: more than the task database and the blob store, for `/readyz`.
    ///   - drain: set once the service is being stopped.
    public func router(checks: [HealthCheck] = [], drain: DrainState = DrainState()) -> Router<AppRequestContext> {
        let tasks = tools.tasks
        let blobs = tools.blobs
        let health = HealthRoutes(
            checks: [
                HealthCheck("task_database") { try await tasks.check() },
                HealthCheck("blob_store") { try await blobs.check() },
            ] + checks, drain: drain)
        let views = tools.hub.views
        let service = ServiceMetrics(service: "api", claiming: ["tasks_created_", "event_streams"], factory: metrics)
        return ServiceRouter.make(metrics: service, health: health) { router in
            let api = router.group("/api").add(middleware: AuthenticationMiddleware(verifier: tools.verifier))
            UploadRoutes(
                tools: tools, limits: limits, ports: ports, views: views, created: CreatedTasks(metrics),
                admission: UploadAdmission(limits: uploads)
            ).add(to: api)
            TaskRoutes(tools: tools, views: views, metrics: TaskMetrics(metrics)).add(to: api)
            OutputRoutes(tools: tools).add(to: api)
            PresetRoutes(presets: tools.presets, clock: tools.clock).add(to: api)
            PipelineRoutes().add(to: api)
            EventRoutes(tools: tools, views: views).add(to: api)
            StatisticsRoutes(tasks: tools.tasks, clock: tools.clock).add(to: api)
        }
    }
}
