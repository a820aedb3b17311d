import Conformance
import PixelFlowCore
import PixelFlowS3
import Testing

@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct BlobStoreConformanceTests {
    @Test(arguments: BlobStoreConformance.cases)
    func keepsTheRule(rule: ConformanceCase<BlobStoreConformance>) async throws {
        let settings = try TestServer.settings()
        try await rule.run {
            BlobStoreConformance(store: try TestServer.store(settings)) { try TestServer.store(settings) }
        }
    }
}
