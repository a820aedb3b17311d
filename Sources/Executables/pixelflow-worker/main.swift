import Logging
import PixelFlowBackends
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowFetch
import PixelFlowHTTP
import PixelFlowImaging
import PixelFlowRuntime
import PixelFlowWorker
import ServiceLifecycle

// A render process is this same executable; it never comes back from here.
RenderProcess.runIfRequested(CommandLine.arguments)

await ServiceCommand(
    name: "pixelflow-worker", summary: "takes tasks from Kafka, renders them in a sandbox and stores the outputs.",
    port: ListenSettings.workerPort,
    settings: TaskBackends.descriptions + WorkerSettings.descriptions + FetchSettings.descriptions
).run { settings, listen, logger in
    let worker = try WorkerSettings(settings, id: .ofThisProcess)
    let backends = try TaskBackends(settings, as: .worker(slots: worker.slots), logger: logger)
    let renderer = RenderPool(
        .init(processes: worker.renderProcesses, processMemory: worker.renderMemory, sourceBytes: worker.limits.sourceBytes),
        logger: logger)
    let drain = DrainState()
    return ServiceGroup(
        running: backends.services + [
            ClosingService { await renderer.shutdown() },
            listen.server("worker", WorkerService.router(health: backends.health(drain: drain)), onReady: listen.announce("worker")),
            WorkerService(
                dependencies: WorkerDependencies(
                    store: backends.tasks, broker: backends.broker, events: backends.events, blobs: backends.blobs, renderer: renderer,
                    fetcher: try GuardedFetcher(settings: try FetchSettings(settings)), publisher: backends.publisher),
                settings: worker, logger: logger),
            DrainService(drain),
        ], grace: worker.grace, logger: logger)
}
