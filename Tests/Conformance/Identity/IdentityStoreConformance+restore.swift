import PixelFlowCore
import PixelFlowIdentity

/// Work that must wait during a restore of accounts, because it depends on missing rows.
extension IdentityStoreConformance {
    static let restoreCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("no mail is sent until a restore is complete") { try await $0.mailsNothingDuringARestore() },
        ConformanceCase("no one can register until a restore is complete") { try await $0.registersNoOneDuringARestore() },
        ConformanceCase("two accounts of a backup with one address are a conflict") { try await $0.refusesAnAddressTwice() },
    ]

    private func mailsNothingDuringARestore() async throws {
        try await store.beginRestore(of: "b1")
        try await store.queue(
            QueuedMail(
                id: UUIDv7.make(), kind: .invitation, recipient: "bob@example.org", createdAt: Self.now,
                expiresAt: Self.now + .seconds(3600)))
        try requireEqual(try await store.claimMail(at: Self.now, lease: .zero, limit: 10).count, 0, "claims")
        try await store.finishRestore(of: "b1")
        try requireEqual(try await store.claimMail(at: Self.now, lease: .zero, limit: 10).count, 1, "claims afterwards")
    }

    private func refusesAnAddressTwice() async throws {
        func row(_ id: String, _ email: String) -> ArchiveRow {
            ArchiveRow(
                table: "users",
                values: [
                    .text(id), .text(email), .text("$2b$04$abcdefghijklmnopqrstuv"), .text("tenant-\(id)"), .integer(1), .integer(0),
                    .integer(0), .integer(0),
                ])
        }
        try await store.beginRestore(of: "b1")
        try await store.restore([row("u1", "ada@example.org")], of: "b1")
        do {
            try await store.restore([row("u2", "bob@example.org"), row("u3", "ada@example.org")], of: "b1")
            throw ConformanceFailure("two accounts have one address", file: #fileID, line: #line)
        } catch let error as PixelFlowError {
            try requireEqual(error.code, "archive_row_conflict", "code")
            try requireEqual(error.kind, .conflict, "kind")
            try requireEqual(error.retry, .permanent, "whether a retry may help")
            try require(error.message.contains("users") && error.message.contains("email"), "does not name it: \(error.message)")
            try require(!error.message.contains("ada@"), "shows a value: \(error.message)")
        }
        try requireEqual(try await store.user(email: "bob@example.org")?.id, nil, "what came with the row")
        // The connection is as good as before.
        try await store.restore([row("u1", "ada@example.org"), row("u2", "bob@example.org")], of: "b1")
        try await store.finishRestore(of: "b1")
        try requireEqual(try await store.user(email: "bob@example.org")?.id, UserID("u2"), "another row")
    }

    private func registersNoOneDuringARestore() async throws {
        try await store.beginRestore(of: "b1")
        do {
            _ = try await register("bob@example.org")
            throw ConformanceFailure("a registration succeeded", file: #fileID, line: #line)
        } catch let error as PixelFlowError {
            try requireEqual(error.code, "database_unavailable", "code")
        }
        try await store.finishRestore(of: "b1")
        _ = try await register("bob@example.org")
    }
}
