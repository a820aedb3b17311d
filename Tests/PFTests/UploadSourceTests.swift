import Foundation
import PixelFlowClient
import TestSupport
import Testing

@testable import PF

@Suite struct UploadSourceTests {
    @Test(
        arguments: [
            (["a.jpg", "b/a.png", "a-2.gif", "a"], ["a", "a-2", "a-2-2", "a-3"]),
            (["https://example.com/photos/cat.jpg?size=2#top", "https://example.com/"], ["cat", "example"]),
            (["archive.tar.gz", ".hidden", "/"], ["archive.tar", ".hidden", "image"]),
        ] as [([String], [String])])
    func stemsAreUnique(names: [String], stems: [String]) {
        #expect(UploadSource.list(names).map(\.stem) == stems)
    }

    @Test func keyDependsOnTheBytesAndTheProcessing() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let names = try [("one", "bytes"), ("same", "bytes"), ("other", "others")].map { try folder.write($0, $1) }
        let sources = UploadSource.list(names)
        func key(_ index: Int, _ processing: Upload.Processing, _ priority: Upload.Priority? = nil, webhook: String? = nil) async throws
            -> String
        {
            try await sources[index].key(of: Upload(sources[index].source, processing, priority: priority, webhookURL: webhook))
        }
        let first = try await key(0, .preset("web"))
        #expect(try await key(1, .preset("web")) == first)
        let others = [
            try await key(2, .preset("web")), try await key(0, .preset("thumbnail")), try await key(0, .standard),
            try await key(0, .preset("web"), .low), try await key(0, .preset("web"), webhook: "https://example.com/hook"),
        ]
        #expect(Set(others + [first]).count == others.count + 1)
    }
}
