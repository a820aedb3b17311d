import Conformance
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowAuth
import Testing
import WireFormats

/// The API description of auth, as served.
@Suite struct DescriptionTests {
    @Test func isInWordsAndComplete() async throws {
        let service = try await AuthHarness().service()
        let known = Set(service.router().routes.map(\.path.description))
        try await AuthHarness.run(service) { auth in
            let response = try await auth.get("/openapi.json")
            #expect(response.status == .ok)
            let description = APIDescription(try JSONValue(parsing: response.body.readableBytesView))
            #expect(description.faults == [])
            #expect(description.paths == known)
            #expect(description.methods(of: "/register") == ["GET", "POST"])
        }
    }
}
