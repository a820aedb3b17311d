import Conformance
import Foundation
import PixelFlowClient
import PixelFlowCore
import RawHTTP
import Testing

extension EndToEnd {
    /// More idle connections from one client than there are file descriptors.
    @Suite struct ConnectionFloodTests {
        @Test func serviceWithFewDescriptorsSurvivesAConnectionFlood() async throws {
            try await LiveService.run(script: "ulimit -n 256; exec \"$0\"") { service in
                let ada = try await Person.signedIn(to: service)
                let throughWeb = PixelFlowClient(
                    Endpoints(web: "http://127.0.0.1:\(service.ports.web)"), token: ada.token, retries: .none)
                let ports = [service.ports.web, service.ports.auth, service.ports.api, service.ports.worker]
                var flood: [RawConnection] = []
                // The kernel rejects some while the service accepts none.
                for number in 0..<400 {
                    if let each = try? await RawConnection.open(port: ports[number % 4], from: "127.0.0.2") { flood.append(each) }
                }
                #expect(flood.count > 256)
                for _ in 0..<3 {
                    let task = try await ada.upload(PNG.noise(width: 64, height: 64, seed: 7))
                    #expect(try await throughWeb.list().contains { $0.id == task.id.rawValue })
                    #expect(try await ada.client.list().contains { $0.id == task.id.rawValue })
                    #expect(try await ada.get("/health", port: service.ports.auth).status == 200)
                }
                for each in flood { each.close() }
                #expect(try await ada.get("/readyz", port: service.ports.worker).status == 200)
                let metrics = try await ada.get("/metrics", port: service.ports.worker)
                #expect(metrics.text.contains("web_connections_refused_total"))
                #expect(try await ada.get("/metrics", port: service.ports.web).status == 404)
                service.terminate()
                #expect(try await service.waitForExit() == 0)
            }
        }
    }
}
