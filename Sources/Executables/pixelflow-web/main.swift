import AsyncHTTPClient
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowRuntime
import PixelFlowWeb
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-web", summary: "the page, the browser's session, and the way to auth and api, at one address.",
    port: ListenSettings.webManagementPort,
    settings: [ListenSettings.webPort.description] + WebSettings.descriptions
).run { settings, management, logger in
    let listen = try ListenSettings(settings, port: ListenSettings.webPort)
    let client = HTTPClient(configuration: WebService.clientConfiguration)
    let drain = DrainState()
    let web = WebService(settings: try WebSettings(settings), client: client)
    let readiness = CountDownLatch(2, then: listen.announce("web"))
    return ServiceGroup(
        running: [
            ClosingService(client: client),
            management.managementServer("web", web.managementRouter(drain: drain), onReady: readiness.arrive),
            listen.server("web", web.router(drain: drain), onReady: readiness.arrive),
            DrainService(drain),
        ], logger: logger)
}
