import AsyncHTTPClient
import PixelFlowHTTP
package import PixelFlowRuntime
package import PixelFlowWeb

/// Puts web together.
///
/// - Parameter management: where its probes and metrics are answered; nil where another port of the process shows them.
package func buildWeb(
    _ settings: WebSettings, listen: ListenSettings, management: ListenSettings?, context: BuildContext
) -> ServiceParts {
    let client = HTTPClient(configuration: WebService.clientConfiguration)
    let web = WebService(settings: settings, client: client)
    // The probes answer until the page no longer does.
    let probes = management.map { [$0.managementListener("web", web.managementRouter(drain: context.drain))] } ?? []
    return ServiceParts(
        foundation: [ClosingService(client: client)], listeners: probes + [listen.listener("web", web.router(drain: context.drain))])
}
