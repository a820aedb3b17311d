import NIOCore
import PixelFlowCore
import Testing

@testable import PixelFlowS3

/// PixelFlow's own keys are plain ASCII; the prefix is chosen by the operator and may contain anything.
@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct ObjectNameTests {
    @Test(arguments: ["a b", "a+b", "ü€😀", "a%2Fb%20", "it's & <that>; \"so\"", "a=b&c?d#e", "~!@$^*(){}|"])
    func storesUnderAnyPrefix(prefix: String) async throws {
        let store = try TestServer.store(TestServer.settings(prefix: "odd/\(prefix)"))
        try await store.remove(key("t"))
        let keys = ["t/a/1/1/image", "t/a/1/1/image-2", "t/a/source"]
        for name in keys { try await store.write(key(name), bytes: ByteBuffer(string: name)) }
        #expect(try await store.keys(key("t")).map(\.rawValue) == keys)
        #expect(try await store.taskPrefixes(after: nil, limit: 10).map(\.rawValue) == ["t/a"])
        for name in keys { #expect(try await store.read(key(name), range: nil)?.collect() == ByteBuffer(string: name)) }
        try await store.remove(key("t/a/1"))
        #expect(try await store.keys(key("t")).map(\.rawValue) == ["t/a/source"])
        try await store.remove(key("t"))
        #expect(try await store.keys(key("t")) == [])
    }

    @Test func prefixesShareABucket() async throws {
        let settings = try TestServer.settings()
        var longer = settings
        longer.prefix += "-2"
        let (first, second) = (try TestServer.store(settings), try TestServer.store(longer))
        try await first.write(key("t/a/source"), bytes: sample(1))
        try await second.write(key("t/a/source"), bytes: sample(2))
        try await first.remove(key("t"))
        #expect(try await first.keys(key("t")) == [])
        #expect(try await second.read(key("t/a/source"), range: nil)?.size == 2)
        try await second.remove(key("t"))
    }

    @Test func listsAndRemovesMoreThanAPage() async throws {
        let store = try TestServer.store()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in 0..<140 { try await store.write(key("t/a/\(worker)/\(number)/image"), bytes: ByteBuffer(string: "x")) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.keys(key("t/a")).count == 1120)
        try await store.remove(key("t/a"))
        #expect(try await store.keys(key("t/a")) == [])
    }

    @Test func refusesToStoreAnObjectAtAPrefix() async throws {
        let store = try TestServer.store()
        for name in ["t", "t/a"] {
            let error = await #expect(throws: PixelFlowError.self) { try await store.write(key(name), bytes: sample(1)) }
            #expect(error?.code == "bad_blob_key")
            #expect(try await store.read(key(name), range: nil) == nil)
        }
    }
}
