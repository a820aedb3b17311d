import AsyncHTTPClient
import Hummingbird
import Logging
import PixelFlowAPI
import PixelFlowAuth
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import PixelFlowFetch
import PixelFlowHTTP
import PixelFlowImaging
import PixelFlowRuntime
import PixelFlowTelemetry
import PixelFlowWeb
import PixelFlowWorker
import ServiceLifecycle

/// All four services in one process, on the embedded backends.
struct AllInOne {
    let settings: AllInOneSettings
    let logger: Logger

    /// Opens the backends and puts the services together.
    ///
    /// - Parameter onReady: called once every port answers.
    func build(onReady: @escaping @Sendable () -> Void) async throws -> ServiceGroup {
        let folder = try DataFolder(path: settings.data)
        Telemetry.watchDisk("data", path: settings.data)
        let users = try SQLiteUserStore(path: settings.authDatabasePath)
        let tasks = try SQLiteTaskStore(path: settings.taskDatabasePath)
        let blobs = EmbeddedBlobStore(files: try FileBlobStore(path: settings.blobPath, reserve: settings.diskReserve), tasks: tasks)
        let installation = InstallationCheck(
            database: tasks, objects: blobs, adopted: settings.adoptedBlobStore, logger: logger(for: "dispatch"))
        // Before anything else touches either.
        _ = try await installation.verify()
        let broker = InProcessBroker()
        let events = InProcessTaskEvents()
        let renderer = RenderPool(
            .init(
                processes: settings.worker.renderProcesses, processMemory: settings.worker.renderMemory,
                sourceBytes: settings.worker.limits.sourceBytes),
            logger: logger(for: "render"))
        try await tasks.recoverAfterRestart()

        let publisher = OutboxPublisher(store: tasks, broker: broker, events: events, logger: logger(for: "dispatch"))
        let hub = EventHub(events: events, limits: settings.events, logger: logger(for: "api"))
        let auth = try AuthService(store: users, settings: settings.auth, logger: logger(for: "auth"))
        try await auth.prepare()
        let drain = DrainState()
        let api = APIService(
            dependencies: APIDependencies(
                tasks: tasks, presets: tasks, blobs: blobs, publisher: publisher, hub: hub, verifier: auth.verifier),
            limits: settings.worker.limits, ports: settings.fetch.ports, uploads: settings.uploads)
        let worker = WorkerService(
            dependencies: WorkerDependencies(
                store: tasks, broker: broker, events: events, blobs: blobs, renderer: renderer,
                fetcher: try GuardedFetcher(settings: settings.fetch), publisher: publisher),
            settings: settings.worker, logger: logger(for: "worker"))
        let client = HTTPClient(configuration: WebService.clientConfiguration)
        let web = WebService(settings: try webSettings, client: client)
        let health = HealthRoutes(
            checks: [
                HealthCheck("task_database") { try await tasks.check() }, HealthCheck("blob_store") { try await blobs.check() },
            ], drain: drain)

        let management = settings.webManagement
        let connections = settings.web.connections()
        let readiness = CountDownLatch(management == nil ? 4 : 5, then: onReady)
        // Stopped in reverse: first the probes say so and the worker ends its tasks, then the
        // servers close, then what they have still announced goes out, last the folder is unlocked.
        let services: [any Service] = [
            ClosingService { withExtendedLifetime(folder) {} }, ClosingService { await renderer.shutdown() },
            ClosingService(client: client),
            publisher, Dispatcher(store: tasks, broker: broker, blobs: blobs, publisher: publisher, logger: logger(for: "dispatch")),
            OrphanCollector(
                store: tasks, blobs: blobs, installation: installation, settings: settings.orphans, logger: logger(for: "dispatch")), hub,
            settings.authListen.server("auth", auth.router(drain: drain), connections: connections, onReady: readiness.arrive),
            settings.api.server("api", api.router(drain: drain), connections: connections, onReady: readiness.arrive),
            settings.workerListen.server(
                "worker", WorkerService.router(health: health, claiming: management == nil ? ["web_"] : []), connections: connections,
                onReady: readiness.arrive),
            settings.web.server("web", web.router(drain: drain), connections: connections, onReady: readiness.arrive),
        ]
        var managing: [any Service] = []
        if let management {
            managing.append(management.managementServer("web", web.managementRouter(drain: drain), onReady: readiness.arrive))
        }
        return ServiceGroup(running: services + managing + [worker, DrainService(drain)], grace: settings.worker.grace, logger: logger)
    }

    private var webSettings: WebSettings {
        get throws { try WebSettings(authURL: settings.authListen.localURL, apiURL: settings.api.localURL, proxies: settings.web.proxies) }
    }

    private func logger(for service: String) -> Logger { Logger(label: service) }
}
