import Conformance
import Foundation
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowIdentity
import Testing

@Suite("SQLite identity store")
struct IdentityStoreTests {
    @Test(arguments: IdentityStoreConformance.cases)
    func keeps(rule: ConformanceCase<IdentityStoreConformance>) async throws {
        try await withFolder { folder in
            let path = folder + "/auth.sqlite"
            try await rule.run {
                IdentityStoreConformance(store: try store(path), reopen: { try store(path) })
            }
        }
    }

    @Test("only the owner can read the files")
    func isPrivate() async throws {
        try await withFolder { folder in
            let store = try store(folder + "/auth.sqlite")
            _ = try await store.addFirst(SigningKeyRecord(id: "a", privateKey: "b", createdAt: Timestamp(microseconds: 0)))
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
        }
    }

    @Test("a path that cannot be is named in the error")
    func namesBadPath() async throws {
        try await withFolder { folder in
            try Data("not a folder".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
            let error = #expect(throws: PixelFlowError.self) { try store(folder + "/file/auth.sqlite") }
            #expect(error?.code == "database_unusable")
            #expect(error?.message.contains("/file/auth.sqlite") == true)
        }
    }

    private func store(_ path: String) throws -> IdentityStore { IdentityStore(try SQLiteIdentityDatabase(path: path)) }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("users-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }
}
