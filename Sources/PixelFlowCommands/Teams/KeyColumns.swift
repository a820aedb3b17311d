package import PixelFlowClient
import Terminal

extension APIKey: ListItem {
    package var reference: String { Self.reference(id) }

    /// - Throws: `CommandError` if the response to the creation lacks it.
    package func createdSecret() throws -> String {
        guard let secret else { throw CommandError(.failed, "the response has no secret of the key \(id)") }
        return secret
    }
}

extension Organisation: ListItem {
    package var reference: String { Self.reference(id) }
}

extension ListColumn where Item == APIKey {
    package static var id: Self { .init(.init("ID")) { key, _ in Text(key.id) } }
    package static var name: Self { .init(.init("NAME", cut: .middle)) { key, _ in Text(key.name) } }
    package static var hint: Self { .init(.init("HINT", spare: .early)) { key, _ in Text("…\(key.hint)") } }
    package static var age: Self { .init(.init("AGE", .right, spare: .early)) { .age(of: $0.createdAt, at: $1) } }
    package static var used: Self {
        .init(.init("USED", .right, spare: .late)) { key, now in
            key.lastUsedAt == nil ? Text("never") : .age(of: key.lastUsedAt, at: now)
        }
    }
    package static var expires: Self {
        .init(.init("EXPIRES", wide: true)) { key, _ in Text(key.json["expires_at"]?.stringValue ?? "never") }
    }
    package static var networks: Self { .init(.init("NETWORKS", wide: true)) { key, _ in Text(key.networks.joined(separator: " ")) } }
    package static var priority: Self { .init(.init("PRIORITY", wide: true)) { key, _ in Text(key.priority ?? "normal") } }
    package static var scopes: Self { .init(.init("SCOPES", cut: .wrap)) { key, _ in Text(key.scopes.joined(separator: " ")) } }
}
