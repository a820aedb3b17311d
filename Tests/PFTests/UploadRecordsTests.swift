import Foundation
import TestSupport
import Testing

@testable import PF

@Suite struct UploadRecordsTests {
    private func run(_ test: (_ records: UploadRecords, _ file: String) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            try await test(try UploadRecords(environment: ["XDG_STATE_HOME": folder]), folder + "/pixelflow/uploads.json")
        }
    }

    @Test func theLatestTaskOfAKeyIsFound() async throws {
        try await run { records, _ in
            #expect(await records.task(of: "key") == nil)
            try await records.add("first", for: "key")
            try await records.add("other", for: "another key")
            try await records.add("second", for: "key")
            #expect(await records.task(of: "key") == "second")
            #expect(await records.task(of: "another key") == "other")
        }
    }

    @Test func theFileIsReadableByItsOwnerOnly() async throws {
        try await run { records, file in
            try await records.add("task", for: "key")
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
        }
    }

    /// The records only save sending: without them the idempotency key leads to the same task.
    @Test func aDamagedFileCountsAsEmpty() async throws {
        try await run { records, file in
            try await records.add("task", for: "key")
            try Data("{".utf8).write(to: URL(filePath: file))
            #expect(await records.task(of: "key") == nil)
            try await records.add("new", for: "key")
            #expect(await records.task(of: "key") == "new")
        }
    }
}
