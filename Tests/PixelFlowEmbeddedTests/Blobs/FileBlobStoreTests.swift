import Files
import Foundation
import NIOCore
import PixelFlowCore
import PixelFlowEmbedded
import TestSupport
import Testing

/// File operations of the blob store.
@Suite struct FileBlobStoreTests {
    let folder: TemporaryFolder
    let key = BlobKey(rawValue: "t/a/1/1/image")

    init() throws { folder = try TemporaryFolder() }

    @Test func removesPartialFilesOfAnEarlierRun() async throws {
        let earlier = try FileBlobStore(path: folder.path)
        try await earlier.write(key, bytes: ByteBuffer(string: "kept"))
        let partial = folder.path + "/.partial"
        for name in ["one", "two"] { try Data("half".utf8).write(to: URL(fileURLWithPath: partial + "/" + name)) }
        let store = try FileBlobStore(path: folder.path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: partial).isEmpty)
        #expect(try await store.read(key, range: nil)?.collect() == ByteBuffer(string: "kept"))
        #expect(try await store.keys(BlobKey(rawValue: "t")) == [key])
    }

    @Test func removesThePartialFileOfABrokenStream() async throws {
        struct Broken: Error {}
        let store = try FileBlobStore(path: folder.path)
        let stream = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            for _ in 0..<20 { continuation.yield(ByteBuffer(repeating: 7, count: 100_000)) }
            continuation.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) { _ = try await store.write(key, from: stream) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/.partial").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [".partial"])
    }

    @Test func filesAreReadableByTheirOwnerOnly() async throws {
        let store = try FileBlobStore(path: folder.path + "/blobs")
        try await store.write(key, bytes: ByteBuffer(string: "private"))
        let paths = ["/blobs", "/blobs/t", "/blobs/t/a", "/blobs/t/a/1~1~image"]
        for path in paths {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + path)
            let permissions = try #require(attributes[.posixPermissions] as? Int)
            #expect(permissions & 0o077 == 0, "\(path) is open to others")
        }
    }

    @Test func refusesToStoreAnObjectAtAPrefix() async throws {
        let store = try FileBlobStore(path: folder.path)
        try await store.write(key, bytes: ByteBuffer(string: "kept"))
        for text in ["t", "t/a", "t/b"] {
            let error = await #expect(throws: PixelFlowError.self) {
                try await store.write(BlobKey(rawValue: text), bytes: ByteBuffer(string: "x"))
            }
            #expect(error?.code == "bad_blob_key")
            #expect(try await store.read(BlobKey(rawValue: text), range: nil) == nil)
        }
        #expect(try await store.keys(BlobKey(rawValue: "t")) == [key])
    }

    /// A sweep over a large folder would otherwise read all of it for each page.
    @Test func aPageContinuesWithTheNamesThatWereRead() async throws {
        let store = try FileBlobStore(path: folder.path)
        func add(_ task: String) async throws {
            try await store.write(BlobKey(rawValue: "t/\(task)/source"), bytes: ByteBuffer(string: "x"))
        }
        for task in ["a", "c", "e"] { try await add(task) }
        let first = try await store.taskPrefixes(after: nil, limit: 1)
        try await add("b")
        try await store.remove(BlobKey(rawValue: "t/c"))
        #expect(try await store.taskPrefixes(after: first.last, limit: 2).map(\.rawValue) == ["t/e"])
        // Merged with other objects, a page may end before the files do.
        #expect(try await store.taskPrefixes(after: BlobKey(rawValue: "t/d"), limit: 2).map(\.rawValue) == ["t/e"])
        #expect(try await store.taskPrefixes(after: nil, limit: 9).map(\.rawValue) == ["t/a", "t/b", "t/e"])
    }

    @Test(arguments: [1, 2, 3, 5, 100])
    func aFolderIsListedInWindows(of window: Int) async throws {
        let store = try FileBlobStore(path: folder.path, window: window)
        let all = (0..<5).flatMap { tenant in (0..<tenant * 3).map { "t\(tenant)/\(10 + $0)" } }
        for prefix in all.shuffled() { try await store.write(BlobKey(rawValue: prefix + "/source"), bytes: ByteBuffer(string: "x")) }
        for limit in [1, 2, 7, 100] {
            var found: [BlobKey] = []
            while case let page = try await store.taskPrefixes(after: found.last, limit: limit), !page.isEmpty {
                found += page
                try #require(found.count <= all.count)
            }
            #expect(found.map(\.rawValue) == all)
        }
    }

    @Test("what is no folder of an organisation is not listed")
    func skipsForeignEntries() async throws {
        let store = try FileBlobStore(path: folder.path)
        try await store.write(key, bytes: ByteBuffer(string: "kept"))
        for name in ["lost+found", "~temporary", "a b"] {
            try FileManager.default.createDirectory(atPath: folder.path + "/\(name)/task", withIntermediateDirectories: true)
        }
        for name in ["README", "zz"] { try Data().write(to: URL(fileURLWithPath: folder.path + "/" + name)) }
        #expect(try await store.taskPrefixes(after: nil, limit: 10).map(\.rawValue) == ["t/a"])
        // The foreign folder cannot be read, as `lost+found` by anyone but root.
        try FileManager.default.removeItem(atPath: folder.path + "/lost+found")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/lost+found", withDestinationPath: "lost+found")
        #expect(try await store.taskPrefixes(after: nil, limit: 10).map(\.rawValue) == ["t/a"])
    }

    /// A list without it would look like a list without its objects.
    @Test("a folder of an organisation that cannot be read is an error that names it")
    func namesAnUnreadableFolder() async throws {
        let store = try FileBlobStore(path: folder.path)
        // Opening a link to itself fails, also for root.
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/t", withDestinationPath: "t")
        let error = await #expect(throws: PixelFlowError.self) { try await store.taskPrefixes(after: nil, limit: 10) }
        #expect(error?.code == "blob_store_unavailable")
        #expect((error?.cause as? FileError)?.path == folder.path + "/t")
        #expect(try await store.holdsData())
    }

    @Test func namesAnUnusableFolder() throws {
        let path = folder.path + "/file"
        try Data().write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: PixelFlowError.self) { try FileBlobStore(path: path) }
        #expect(error?.code == "blob_store_unusable")
        #expect(error?.message.contains(path) == true)
    }
}
