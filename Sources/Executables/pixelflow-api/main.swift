import PixelFlowBackends
import PixelFlowBuildAPI
import PixelFlowRuntime
import PixelFlowServerBackends
import PixelFlowServerCache
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-api", summary: "uploads, tasks, outputs, presets and events, on MongoDB, Kafka and an S3-compatible store.",
    port: ListenSettings.apiPort,
    settings: TaskBackends.serverSettings + TokenVerification.remoteSettings + CacheBackend.settings + APISettings.descriptions
).run { settings, listen, logger in
    let context = BuildContext(logger: logger)
    // Read all settings before opening anything.
    let apiSettings = try APISettings(settings)
    let tokens = try TokenVerification.remote(settings, context: context)
    let cache = try CacheBackend.servers(settings, logger: logger)
    let backends = try TaskBackends.servers(settings, as: .api, logger: logger)
    let api = try buildAPI(apiSettings, backends: backends, tokens: tokens, cache: cache, listen: listen, context: context)
    return ServiceGroup(
        backends: cache.services + backends.services, [api], listen: listen, context: context, logger: logger,
        onReady: listen.logReady("api"))
}
