import PixelFlowCore
package import PixelFlowIdentity

extension ArchivableStoreConformance {
    /// For an account database; source and target may be of different kinds.
    package static func accounts(source: IdentityStore, target: IdentityStore) -> Self {
        let contents = ArchivedAccounts(source: source, target: target)
        return ArchivableStoreConformance(source: source, target: target) {
            try await contents.fill()
        } requireSame: {
            try await contents.requireSame()
        }
    }
}

private struct ArchivedAccounts: Sendable {
    let source: IdentityStore
    let target: IdentityStore

    func fill() async throws {
        let suite = IdentityStoreConformance(store: source) { source }
        _ = try await source.addFirst(SigningKeyRecord(id: "k1", privateKey: "PEM", createdAt: IdentityStoreConformance.now))
        // The target has already started and has its own key.
        _ = try await target.addFirst(SigningKeyRecord(id: "k2", privateKey: "OTHER", createdAt: IdentityStoreConformance.now))
        let ada = try await suite.register("ada@example.org")
        let bob = try await suite.register("bob@example.org")
        let works = try await suite.organisation(of: ada, with: [(bob, .admin)])
        _ = try await suite.invite(to: works, as: .member, by: ada)
        try await source.add(
            suite.key(of: works.id, by: ada), by: ada.id, audit: IdentityStoreConformance.audit(.keyCreated, in: works.id, by: ada))
        _ = try await suite.open(for: bob)
        for number in 0..<ArchiveRow.page { _ = try await suite.register("user-\(number)@example.org") }
    }

    func requireSame() async throws {
        for email in ["ada@example.org", "bob@example.org", "user-199@example.org"] {
            let user = try requireValue(try await source.user(email: email), "no \(email)")
            try requireEqual(try await target.user(email: email), user, email)
            let memberships = try await source.memberships(of: user.id)
            try requireEqual(try await target.memberships(of: user.id), memberships, "memberships")
            try requireEqual(try await target.sessions(of: user.id), try await source.sessions(of: user.id), "sessions")
            for membership in memberships {
                let organisation = membership.organisation.id
                let keys = try await source.keys(of: organisation)
                try requireEqual(try await target.keys(of: organisation), keys, "keys")
                for key in keys { try requireEqual(try await target.key(hash: key.hash)?.id, key.id, "key by its hash") }
            }
        }
        try requireEqual(try await target.signingKeys().map(\.id), ["k1"], "signing keys")
        // New users can register.
        _ = try await IdentityStoreConformance(store: target) { target }.register("eve@example.org")
    }
}
