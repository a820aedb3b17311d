import Conformance
import NIOCore
import PixelFlowCore
import PixelFlowEmbedded
import TestSupport
import Testing

@Suite struct BlobStoreConformanceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: BlobStoreConformance.cases)
    func conforms(rule: ConformanceCase<BlobStoreConformance>) async throws {
        let path = folder.path
        try await rule.run {
            BlobStoreConformance(store: try FileBlobStore(path: path)) { try FileBlobStore(path: path) }
        }
    }

    @Test(arguments: BlobStoreConformance.cases)
    func conformsInTwoTiers(rule: ConformanceCase<BlobStoreConformance>) async throws {
        let path = folder.path
        let open = { @Sendable in
            EmbeddedBlobStore(files: try FileBlobStore(path: path + "/blobs"), tasks: try SQLiteTaskStore(path: path + "/tasks.sqlite"))
        }
        try await rule.run { BlobStoreConformance(store: try open()) { try open() } }
    }

    @Test(arguments: InstallationRecordConformance.cases)
    func conformsToInstallationRules(rule: ConformanceCase<InstallationRecordConformance>) async throws {
        let path = folder.path
        try await rule.run {
            let store = try FileBlobStore(path: path)
            return InstallationRecordConformance(record: store) {
                try FileBlobStore(path: path)
            } fill: {
                try await store.write(BlobKey(rawValue: "t/a/source"), bytes: ByteBuffer(string: "bytes"))
            }
        }
    }
}
