import PixelFlowCore
import PixelFlowIdentity

/// Work that must wait during a restore of accounts, because it depends on missing rows.
extension IdentityStoreConformance {
    static let restoreCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("no mail is sent until a restore is complete") { try await $0.mailsNothingDuringARestore() },
        ConformanceCase("nobody can register until a restore is complete") { try await $0.registersNobodyDuringARestore() },
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

    private func registersNobodyDuringARestore() async throws {
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
