import AsyncHTTPClient
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowRuntime
import PixelFlowWeb
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-web", summary: "the page, the browser's session, and the way to auth and api, at one address.",
    port: ListenSettings.webPort,
    settings: WebSettings.descriptions
).run { settings, listen, logger in
    let client = HTTPClient(configuration: WebService.clientConfiguration)
    let drain = DrainState()
    let web = WebService(settings: try WebSettings(settings), client: client)
    return ServiceGroup(
        running: [
            ClosingService(client: client),
            listen.server("web", web.router(drain: drain), onReady: listen.announce("web")),
            DrainService(drain),
        ], logger: logger)
}
