import Conformance
import NIOCore
import PixelFlowCore
import PixelFlowS3
import Testing

@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct BlobStoreConformanceTests {
    @Test(arguments: BlobStoreConformance.cases)
    func conforms(rule: ConformanceCase<BlobStoreConformance>) async throws {
        let settings = try TestServer.settings()
        try await rule.run {
            BlobStoreConformance(store: try TestServer.store(settings)) { try TestServer.store(settings) }
        }
    }

    @Test(arguments: InstallationRecordConformance.cases)
    func conformsToInstallationRules(rule: ConformanceCase<InstallationRecordConformance>) async throws {
        let settings = try TestServer.settings()
        try await rule.run {
            let store = try TestServer.store(settings)
            return InstallationRecordConformance(record: store) {
                try TestServer.store(settings)
            } fill: {
                try await store.write(BlobKey(rawValue: "t/a/source"), bytes: ByteBuffer(string: "bytes"))
            }
        }
    }
}
