import Foundation
import NIOCore
import PixelFlowCore
import Testing

@testable import PixelFlowS3

/// Files with arbitrary names below a prefix.
@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct FolderTests {
    private let prefix = "test-\(UUID().uuidString)"

    @Test(arguments: [0, 1, S3BlobStore.partBytes + 1])
    func returnsWhatWasStored(size: Int) async throws {
        let folder = try folder()
        let whole = sample(size)
        try await folder.write("a.ndjson", of: size, from: stream(whole))
        try await folder.write("objects/t/1/source", of: 3, from: stream(sample(3)))
        var files: [S3Folder.File] = []
        try await folder.list { files += $0 }
        #expect(files == [S3Folder.File(name: "a.ndjson", bytes: size), S3Folder.File(name: "objects/t/1/source", bytes: 3)])
        var found = ByteBuffer()
        #expect(try await folder.read("a.ndjson") { found.writeImmutableBuffer($0) })
        #expect(found == whole)
        try await folder.remove("a.ndjson")
        try await folder.remove("a.ndjson")
        #expect(try await !folder.read("a.ndjson") { _ in })
    }

    /// S3 accepts 10,000 parts, with equal sizes on some servers: 78 GiB in parts of the usual size.
    @Test(arguments: [(0, 8 << 20), (10_000 * (8 << 20), 8 << 20), (10_000 * (8 << 20) + 1, (8 << 20) + 1), (1 << 40, 109_951_163)])
    func partsAreFewEnough(size: Int, part: Int) {
        #expect(S3BlobStore.partBytes(for: size) == part)
        #expect((size + part - 1) / part <= 10_000)
    }

    @Test func detectsAnInstallation() async throws {
        let (folder, inner) = (try folder(), try self.folder("/backups/today"))
        #expect(try await !folder.isInsideAnInstallation())
        #expect(try await !inner.isInsideAnInstallation())
        let store = try TestServer.store(TestServer.settings(prefix: prefix))
        #expect(try await store.setInstallationMark(InstallationMark(sweeps: 1), replacing: nil))
        #expect(try await folder.isInsideAnInstallation())
        #expect(try await inner.isInsideAnInstallation())
        #expect(try await !self.folder("-2").isInsideAnInstallation())
    }

    @Test func reportsErrors() async throws {
        let other = try folder(keys: ["PIXELFLOW_S3_ACCESS_KEY": "a", "PIXELFLOW_S3_SECRET_KEY": "b"])
        await #expect(throws: S3Folder.Failure.refused("InvalidAccessKeyId")) { try await other.list { _ in } }
        #expect(throws: S3Folder.Failure.self) { try S3Folder(url: "s3://b", environment: TestServer.credentials) }
    }

    /// - Parameter suffix: appended to the prefix.
    private func folder(_ suffix: String = "", keys: [String: String] = TestServer.credentials) throws -> S3Folder {
        let url = try #require(TestServer.url)
        return try S3Folder(url: url.replacing("?", with: "/\(prefix)\(suffix)?", maxReplacements: 1), environment: keys)
    }
}
