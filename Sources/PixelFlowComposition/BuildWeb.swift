import AsyncHTTPClient
import PixelFlowHTTP
package import PixelFlowRuntime
package import PixelFlowWeb

/// Builds web.
///
/// - Parameter management: where to serve probes and metrics; nil if another port of the process does.
package func buildWeb(
    _ settings: WebSettings, listen: ListenSettings, management: ListenSettings?, context: BuildContext
) -> ServiceParts {
    let client = HTTPClient(configuration: WebService.clientConfiguration)
    let web = WebService(settings: settings, client: client)
    // Probes are served until the page has stopped.
    let probes = management.map { [$0.managementListener("web", web.managementRouter(drain: context.drain))] } ?? []
    return ServiceParts(
        foundation: [ClosingService(client: client)], listeners: probes + [listen.listener("web", web.router(drain: context.drain))])
}
