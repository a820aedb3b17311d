package import PixelFlowBackends
import PixelFlowCore
package import PixelFlowFetch
import PixelFlowHTTP
import PixelFlowImaging
package import PixelFlowRuntime
package import PixelFlowWorker

/// Puts the worker together, with its render processes: the same executable, started anew.
///
/// - Parameter claiming: prefixes of metrics that the worker's port shows for services of the same process that show none.
package func buildWorker(
    _ settings: WorkerSettings, fetch: FetchSettings, backends: TaskBackends, listen: ListenSettings, context: BuildContext,
    claiming prefixes: [String] = []
) throws -> ServiceParts {
    let renderer = RenderPool(
        .init(processes: settings.renderProcesses, processMemory: settings.renderMemory, sourceBytes: settings.limits.sourceBytes),
        logger: context.logger(for: "render"))
    let worker = WorkerService(
        dependencies: WorkerDependencies(
            store: backends.tasks, broker: backends.broker, events: backends.events, blobs: backends.blobs, renderer: renderer,
            fetcher: try GuardedFetcher(settings: fetch), usage: backends.tasks, publisher: backends.publisher),
        settings: settings, logger: context.logger(for: "worker"))
    let health = HealthRoutes(checks: backends.storeChecks + backends.brokerChecks(need: .once), drain: context.drain)
    return ServiceParts(
        foundation: [ClosingService { await renderer.shutdown() }],
        listeners: [listen.listener("worker", WorkerService.router(health: health, claiming: prefixes))],
        workers: [worker])
}
