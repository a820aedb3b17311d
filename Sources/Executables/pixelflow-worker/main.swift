import PixelFlowBackends
import PixelFlowBuildWorker
import PixelFlowCore
import PixelFlowFetch
import PixelFlowImaging
import PixelFlowRuntime
import PixelFlowServerBackends
import PixelFlowWorker
import ServiceLifecycle

// Render processes run this same executable; they never return from this call.
RenderProcess.runIfRequested(CommandLine.arguments)

await ServiceCommand(
    name: "pixelflow-worker", summary: "takes tasks from Kafka, renders them in a sandbox and stores the outputs.",
    port: ListenSettings.workerPort,
    settings: TaskBackends.serverSettings + WorkerSettings.descriptions + [WorkerSettings.lanesSetting.description]
        + FetchSettings.descriptions
).run { settings, listen, logger in
    let context = BuildContext(logger: logger)
    var workerSettings = try WorkerSettings(settings, id: .ofThisProcess)
    workerSettings.lanes = try settings[WorkerSettings.lanesSetting]
    let backends = try TaskBackends.servers(settings, as: .worker(slots: workerSettings.slots, lanes: workerSettings.lanes), logger: logger)
    let worker = try buildWorker(
        workerSettings, fetch: try FetchSettings(settings), backends: backends, listen: listen, context: context)
    return ServiceGroup(
        backends: backends.services, [worker], listen: listen, context: context, grace: workerSettings.grace, logger: logger,
        onReady: listen.logReady("worker"))
}
