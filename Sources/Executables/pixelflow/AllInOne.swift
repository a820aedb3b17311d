import AsyncHTTPClient
import Foundation
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
import PixelFlowWeb
import PixelFlowWorker
import ServiceLifecycle
import UnixSignals

/// All four services in one process, on the embedded backends.
struct AllInOne {
    let settings: AllInOneSettings
    let logger: Logger

    /// Opens the backends and puts the services together.
    ///
    /// - Parameter onReady: called once every port answers.
    func build(onReady: @escaping @Sendable () -> Void) async throws -> ServiceGroup {
        let start = SystemClock().now()
        let folder = try DataFolder(path: settings.data)
        let users = try SQLiteUserStore(path: settings.authDatabasePath)
        let tasks = try SQLiteTaskStore(path: settings.taskDatabasePath)
        let blobs = EmbeddedBlobStore(files: try FileBlobStore(path: settings.blobPath), tasks: tasks)
        let broker = InProcessBroker()
        let events = InProcessTaskEvents()
        let renderer = RenderPool(.init(processes: settings.renderProcesses), logger: logger(for: "render"))
        try await tasks.recoverAfterRestart()

        let announcer = TaskAnnouncer(store: tasks, broker: broker, events: events, logger: logger(for: "dispatch"))
        let hub = EventHub(events: events, logger: logger(for: "api"))
        let auth = try AuthService(store: users, settings: settings.auth, logger: logger(for: "auth"))
        try await auth.prepare()
        let drain = DrainState()
        let api = APIService(
            tools: APITools(
                tasks: tasks, presets: tasks, blobs: blobs, announcer: announcer, hub: hub, verifier: auth.verifier),
            limits: settings.limits)
        let worker = WorkerService(
            tools: WorkerTools(
                store: tasks, broker: broker, events: events, blobs: blobs, renderer: renderer,
                fetcher: try GuardedFetcher(settings: settings.fetch), announcer: announcer),
            settings: WorkerSettings(
                id: WorkerID("all-in-one-\(UUIDv7.make())"), slots: settings.workerSlots, grace: settings.grace,
                limits: settings.limits),
            logger: logger(for: "worker"))
        let client = HTTPClient(configuration: WebService.clientConfiguration)
        let web = WebService(
            settings: try WebSettings(
                authURL: "http://\(settings.localHost):\(settings.ports.auth)", apiURL: "http://\(settings.localHost):\(settings.ports.api)"
            ),
            client: client)
        let health = HealthRoutes(
            checks: [
                HealthCheck("task_database") { try await tasks.check() }, HealthCheck("blob_store") { try await blobs.check() },
            ], drain: drain)

        let readiness = Countdown(4, then: onReady)
        func server(_ name: String, _ port: Int, _ router: Router<AppRequestContext>) -> some Service {
            Application(
                router: router,
                configuration: ApplicationConfiguration(address: .hostname(settings.host, port: port), serverName: "pixelflow-\(name)"),
                onServerRunning: { _ in readiness.arrive() }, logger: logger(for: name))
        }
        // Stopped in reverse: first the probes say so and the worker ends its tasks, then the
        // servers close, then what they have still announced goes out, last the folder is unlocked.
        let services: [any Service] = [
            FolderService(folder: folder), RendererService(pool: renderer), HTTPClientService(client: client), announcer,
            Dispatcher(store: tasks, broker: broker, blobs: blobs, announcer: announcer, logger: logger(for: "dispatch")),
            OrphanSweep(store: tasks, blobs: blobs, startedAt: start, logger: logger(for: "dispatch")), hub,
            server("auth", settings.ports.auth, auth.router(drain: drain)), server("api", settings.ports.api, api.router(drain: drain)),
            server("worker", settings.ports.worker, ServiceRouter.make(health: health) { _ in }),
            server("web", settings.ports.web, web.router(drain: drain)), WarmWorker(pool: renderer, worker: worker), DrainService(drain),
        ]
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = settings.grace + .seconds(20)
        return ServiceGroup(configuration: configuration)
    }

    private func logger(for service: String) -> Logger { Logger(label: service) }
}
