import PixelFlowBuildWeb
import PixelFlowCore
import PixelFlowRuntime
import PixelFlowWeb
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-web", summary: "the page, the browser's session, and the way to auth and api, at one address.",
    port: ListenSettings.webManagementPort,
    settings: [ListenSettings.webPort.description] + WebSettings.descriptions
).run { settings, management, logger in
    let context = BuildContext(logger: logger)
    let listen = try ListenSettings(settings, port: ListenSettings.webPort)
    let web = buildWeb(try WebSettings(settings), listen: listen, management: management, context: context)
    return ServiceGroup([web], listen: listen, context: context, logger: logger, onReady: listen.logReady("web"))
}
