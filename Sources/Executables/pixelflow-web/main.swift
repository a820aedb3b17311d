import AsyncHTTPClient
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowRuntime
import PixelFlowWeb
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-web", summary: "the page, the browser's session, and the way to auth and api, at one address.",
    settings: [ListenSettings.hostDescription, ListenSettings.webPort.description] + WebSettings.descriptions
).run { settings, logger in
    let listen = try ListenSettings(settings, port: ListenSettings.webPort)
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
