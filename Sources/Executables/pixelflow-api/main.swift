import AsyncHTTPClient
import Logging
import PixelFlowAPI
import PixelFlowBackends
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowHTTP
import PixelFlowRuntime
import PixelFlowURL
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-api", summary: "uploads, tasks, outputs, presets and events, on MongoDB, Kafka and an S3-compatible store.",
    port: ListenSettings.apiPort,
    settings: TaskBackends.descriptions + RemoteKeySource.descriptions + TokenRules.descriptions + ImageLimits.descriptions
        + EventLimits.descriptions + AllowedPorts.descriptions + UploadLimits.descriptions + OrphanSettings.descriptions
).run { settings, listen, logger in
    let client = HTTPClient()
    let verifier = TokenVerifier(
        source: try RemoteKeySource(settings, client: client), rules: try TokenRules(settings), logger: logger)
    let backends = try TaskBackends(settings, as: .api, logger: logger)
    let hub = EventHub(events: backends.events, limits: try EventLimits(settings), logger: logger)
    let api = APIService(
        dependencies: APIDependencies(
            tasks: backends.tasks, presets: backends.tasks, blobs: backends.blobs, publisher: backends.publisher, hub: hub,
            verifier: verifier),
        limits: try ImageLimits(settings), ports: try AllowedPorts(settings), uploads: try UploadLimits(settings))
    let drain = DrainState()
    // An upload is accepted without the broker: its dispatch message stays due until there is one.
    let checks = [
        HealthCheck("broker", isRequired: false) { try await backends.broker.check() },
        HealthCheck("auth") { try await verifier.prepare() },
    ]
    return ServiceGroup(
        running: [ClosingService(client: client)] + backends.services + [
            Dispatcher(backends, logger: logger),
            OrphanCollector(backends, settings: try OrphanSettings(settings), logger: logger), hub,
            listen.server("api", api.router(checks: checks, drain: drain), onReady: listen.announce("api")),
            DrainService(drain),
        ], logger: logger)
}
