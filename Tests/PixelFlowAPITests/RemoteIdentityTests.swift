import AsyncHTTPClient
import Conformance
import Deadlines
import NIOCore
import PixelFlowCore
import RawHTTP
import Testing

@testable import PixelFlowAPI

@Suite struct RemoteIdentityTests {
    /// While the revocations are being read, requests wait.
    @Test(.timeLimit(.minutes(1)))
    func aResponseOfAuthThatStallsIsAnOutage() async throws {
        let start = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"
        try await RawServer.run(respond: { _, channel in channel.writeAndFlush(ByteBuffer(string: start), promise: nil) }) { server in
            let settings = try Settings(environment: ["PIXELFLOW_AUTH_URL": server.url(""), "PIXELFLOW_SERVICE_SECRET": APIHarness.secret])
            let source = try RemoteIdentitySource(settings, client: .shared)
            let error = await #expect(throws: PixelFlowError.self) {
                try await within(.seconds(20), "the revocations") { try await source.revocations(after: 0) }
            }
            #expect(error?.code == "auth_unavailable")
        }
    }
}
