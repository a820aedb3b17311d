import Conformance
import Foundation
import GRDB
import PixelFlowCore
import PixelFlowIdentity
import TestSupport
import Testing

@testable import PixelFlowEmbedded

/// Values in a backup that no store has written.
@Suite struct RestoredValuesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "a value that its column cannot hold is refused, with its table and kind",
        arguments: [
            (
                ArchiveRow(
                    table: "usage_day",
                    values: [.text("t"), .integer(20_000), .text("x"), .integer(0), .integer(0), .integer(0), .integer(0)]),
                ["usage_day.created", "text"]
            ),
            (ArchiveRow(table: "usage_now", values: [.text("t"), .integer(0), .null]), ["usage_now.bytes", "null"]),
            (ArchiveRow(table: "usage_now", values: [.text("t"), .integer(0), .integer(.max)]), ["usage_now.bytes", "out of range"]),
            (ArchiveRow(table: "usage_now", values: [.text("t"), .integer(.min), .integer(0)]), ["usage_now.in_flight", "out of range"]),
            (ArchiveRow(table: "usage_now", values: [.bytes([1]), .integer(0), .integer(0)]), ["usage_now.tenant", "bytes"]),
            (ArchiveRow(table: "preset", values: [.text("t"), .text("p"), .text("{}")]), ["preset.document", "text"]),
            (preset(#"{"a":[{"b":9000000000000000000}]}"#), ["preset.document", "out of range"]),
            (preset(#"{"a":1e300}"#), ["preset.document", "out of range"]),
            (quota(#"{"retention_days":9000000000000000000}"#, 9_000_000_000_000_000_000), ["quota", "out of range"]),
            (quota(#"{"retention_days":36501}"#, 36_501), ["quota", "retention_days"]),
            (quota(#"{"retention_days":-1}"#, -1), ["quota", "retention_days"]),
            (quota(#"{"retention_days":30}"#, 3), ["quota", "retention_days"]),
            (quota(#"{"weight":0}"#, nil), ["quota", "weight"]),
            (quota(#"{"tasks_per_month":"many"}"#, nil), ["quota"]),
        ] as [(ArchiveRow, [String])])
    func refuses(row: ArchiveRow, words: [String]) async throws {
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        try await store.beginRestore(of: "b1")
        let error = await #expect(throws: PixelFlowError.self) { try await store.restore([row], of: "b1") }
        #expect(error?.code == "archive_row_invalid")
        for word in words { #expect(error?.message.contains(word) == true, "\(error?.message ?? "")") }
        #expect(try await store.archiveState().rows == 0)
    }

    @Test("the values of a store that has been used are accepted")
    func accepts() async throws {
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        try await store.beginRestore(of: "b1")
        let rows = [Self.quota(#"{"retention_days":36500,"bytes_stored":1125899906842624,"weight":1000}"#, 36_500), Self.quota("{}", nil)]
        for row in rows { try await store.restore([row], of: "b1") }
        #expect(try await store.archiveState().rows == 1)
    }

    @Test("a time that no clock shows is refused for accounts")
    func refusesTimesOfAccounts() async throws {
        let store = IdentityStore(try SQLiteIdentityDatabase(path: folder.path + "/auth.sqlite"))
        try await store.beginRestore(of: "b1")
        let numbers = [1, 1, 1, 1, .max] as [Int64]
        let row = ArchiveRow(table: "second_factors", values: [.text("user"), .text("secret")] + numbers.map(ArchiveValue.integer))
        let error = await #expect(throws: PixelFlowError.self) { try await store.restore([row], of: "b1") }
        #expect(error?.code == "archive_row_invalid")
        #expect(error?.message.contains("second_factors.failed_at") == true)
    }

    @Test(
        "a retention that an earlier version has restored deletes nothing", arguments: [9_000_000_000_000_000_000, 0, -1, .min] as [Int64])
    func keepsTasks(days: Int64) async throws {
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path)
        let task = Sample.task()
        _ = try await store.create(task)
        _ = try await store.cancel(task.id, of: task.tenant)
        try await DatabaseQueue.beside(path).write {
            try $0.execute(
                sql: "INSERT INTO quota VALUES (?, CAST('{}' AS BLOB), ?), ('u', CAST('{}' AS BLOB), 'never')",
                arguments: [task.tenant.rawValue, days])
        }
        #expect(try await store.pastRetention(after: nil, limit: 10).tasks.isEmpty)
    }

    @Test("usage that an earlier version has restored and that is not a number is an error of the request")
    func reportsUsage() async throws {
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path)
        let today = UsageDay.number(of: SystemClock().now())
        try await DatabaseQueue.beside(path).write {
            try $0.execute(
                sql: "INSERT INTO usage_day (tenant, day, completed) VALUES ('t', ?, 'x'); INSERT INTO usage_now VALUES ('u', 'x', 1.5)",
                arguments: [today])
        }
        for tenant in ["t", "u"] {
            let error = await #expect(throws: PixelFlowError.self) { try await store.usage(of: TenantID(tenant)) }
            #expect(error?.code == "task_database_unavailable")
        }
    }

    private static func quota(_ document: String, _ days: Int64?) -> ArchiveRow {
        ArchiveRow(table: "quota", values: [.text("t"), .bytes(Array(document.utf8)), days.map { .integer($0) } ?? .null])
    }

    private static func preset(_ document: String) -> ArchiveRow {
        ArchiveRow(table: "preset", values: [.text("t"), .text("p"), .bytes(Array(document.utf8))])
    }
}
