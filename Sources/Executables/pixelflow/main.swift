import PixelFlowBackends
import PixelFlowBuildAPI
import PixelFlowBuildAuth
import PixelFlowBuildWeb
import PixelFlowBuildWorker
import PixelFlowEmbeddedBackends
import PixelFlowImaging
import PixelFlowRuntime
import PixelFlowWeb
import PixelFlowWorker
import ServiceLifecycle

// Render processes run this same executable; they never return from this call.
RenderProcess.runIfRequested(CommandLine.arguments)

await ServiceCommand(
    name: "pixelflow", summary: "all services of PixelFlow in one process, on files in one folder.", port: ListenSettings.workerPort,
    settings: AllInOneSettings.all
).run { settings, listen, logger in
    // Read all settings before opening anything.
    var settings = try AllInOneSettings(settings)
    let ports = settings.ports
    let context = BuildContext()
    let backends = try await Backends.embedded(settings.backends, context: context)
    try settings.findSecret()
    let cache = CacheBackend.inMemory(isAlone: true)
    let auth = try await buildAuth(settings.auth, backends: backends.users, cache: cache, listen: ports.auth, context: context)
    let api = try buildAPI(
        settings.api, backends: backends.tasks, tokens: .local(auth.verifier, auth.identities), cache: cache, listen: ports.api,
        context: context)
    let worker = try buildWorker(
        settings.worker, fetch: settings.fetch, backends: backends.tasks, listen: listen, context: context,
        claiming: ports.webManagement == nil ? ["web_"] : [])
    let upstreams = try WebSettings(authURL: ports.auth.localURL, apiURL: ports.api.localURL, proxies: ports.web.proxies)
    let web = buildWeb(upstreams, listen: ports.web, management: ports.webManagement, context: context)
    return ServiceGroup(
        backends: backends.tasks.services + backends.users.services, [auth.parts, api, worker, web], listen: listen, context: context,
        grace: settings.worker.grace, logger: logger
    ) { [addresses = settings.addresses] in ServiceCommand.say(addresses) }
}
