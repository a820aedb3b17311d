import PixelFlowAuth
import PixelFlowBackends
import PixelFlowBuildAuth
import PixelFlowRuntime
import PixelFlowServerCounting
import PixelFlowServerUsers
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-auth", summary: "registration, login, tokens and the keys to verify them, on PostgreSQL.",
    port: ListenSettings.authPort, settings: UserBackends.serverSettings + RequestCounting.settings + AuthSettings.descriptions
).run { settings, listen, logger in
    let context = BuildContext(logger: logger)
    let authSettings = try AuthSettings(settings)
    let counting = try RequestCounting.shared(settings, logger: logger)
    let backends = try UserBackends.servers(settings, logger: logger)
    let auth = try await buildAuth(authSettings, backends: backends, counting: counting, listen: listen, context: context).parts
    return ServiceGroup(
        backends: counting.services + backends.services, [auth], listen: listen, context: context, logger: logger,
        onReady: listen.announce("auth"))
}
