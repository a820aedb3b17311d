import PixelFlowAuth
import PixelFlowBackends
import PixelFlowBuildAuth
import PixelFlowRuntime
import PixelFlowServerCache
import PixelFlowServerUsers
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-auth", summary: "registration, login, tokens and the keys to verify them, on PostgreSQL.",
    port: ListenSettings.authPort, settings: UserBackends.serverSettings + CacheBackend.settings + AuthSettings.descriptions
).run { settings, listen, logger in
    let context = BuildContext(logger: logger)
    let authSettings = try AuthSettings(settings)
    let cache = try CacheBackend.servers(settings, logger: logger)
    let backends = try UserBackends.servers(settings, logger: logger)
    let auth = try await buildAuth(authSettings, backends: backends, cache: cache, listen: listen, context: context).parts
    return ServiceGroup(
        backends: cache.services + backends.services, [auth], listen: listen, context: context, logger: logger,
        onReady: listen.logReady("auth"))
}
