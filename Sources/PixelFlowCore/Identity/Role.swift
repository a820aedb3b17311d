/// What a member of an organisation may do. The scopes of the roles are the only table of permissions; each route declares
/// the scope that it requires.
package enum Role: String, Sendable, Codable, CaseIterable, Comparable {
    /// Reads tasks, outputs and presets.
    case viewer
    /// Also uploads, cancels, deletes and saves presets.
    case member
    /// Also manages members, keys and settings.
    case admin
    /// Has all permissions. Only owners can delete the organisation and change who is an owner. There is always at least one.
    case owner

    package var scopes: Set<Scope> {
        switch self {
        case .viewer: [.readTasks, .readOutputs]
        case .member: Role.viewer.scopes.union([.writeTasks, .writePresets])
        case .admin, .owner: Set(Scope.allCases)
        }
    }

    /// Whether a member with this role may grant or revoke `role`: at most their own role, and only owners may do so for owners.
    package func mayAssign(_ role: Role) -> Bool {
        switch self {
        case .owner: true
        case .admin: role < .owner
        case .member, .viewer: false
        }
    }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .member: 1
        case .admin: 2
        case .owner: 3
        }
    }

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}

/// A permission of a credential. Each route names the scope that it requires.
package enum Scope: String, Sendable, Codable, CaseIterable, Comparable {
    case readTasks = "tasks:read"
    case writeTasks = "tasks:write"
    case readOutputs = "outputs:read"
    case writePresets = "presets:write"
    case writeWebhooks = "webhooks:write"
    case administer = "organisation:admin"

    /// Scopes in the format of tokens (RFC 8693, section 4.2): names separated by spaces, in alphabetical order.
    package static func text(_ scopes: Set<Scope>) -> String { scopes.map(\.rawValue).sorted().joined(separator: " ") }

    /// Parses scopes and ignores unknown names, so that an older service accepts tokens of a newer one.
    package static func set(_ text: String) -> Set<Scope> { Set(text.split(separator: " ").compactMap { Scope(rawValue: String($0)) }) }

    package static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
}
