package import PixelFlowBackends
import PixelFlowCore
import PixelFlowDispatch
package import PixelFlowFetch
import PixelFlowHTTP
import PixelFlowImaging
package import PixelFlowRuntime
package import PixelFlowWorker

/// Builds the worker with its render processes, which run the same executable.
///
/// - Parameter claiming: prefixes of the metrics that the worker's port exports for other services of the process without a port.
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
        workers: [VerifiedService(worker, in: backends.installation)])
}
