/// What a member of an organisation may do. The scopes of each role are the one table of permissions; what they allow is declared
/// with each route.
package enum Role: String, Sendable, Codable, CaseIterable, Comparable {
    /// Reads tasks, outputs and presets.
    case viewer
    /// Works: uploads, cancels, deletes, saves presets.
    case member
    /// Manages members, keys and settings beside.
    case admin
    /// May everything, and alone may delete the organisation and make or unmake owners. There is always one.
    case owner

    package var scopes: Set<Scope> {
        switch self {
        case .viewer: [.readTasks, .readOutputs]
        case .member: Role.viewer.scopes.union([.writeTasks, .writePresets])
        case .admin, .owner: Set(Scope.allCases)
        }
    }

    /// Whether a member of this role may give or take that one: no one hands out more than they have, and only owners make owners.
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

/// What a credential may be used for. A route names the one that it needs.
package enum Scope: String, Sendable, Codable, CaseIterable, Comparable {
    case readTasks = "tasks:read"
    case writeTasks = "tasks:write"
    case readOutputs = "outputs:read"
    case writePresets = "presets:write"
    case writeWebhooks = "webhooks:write"
    case administer = "organisation:admin"

    /// Scopes as a token has them (RFC 8693, section 4.2): names separated by spaces, in the order of the alphabet.
    package static func text(_ scopes: Set<Scope>) -> String { scopes.map(\.rawValue).sorted().joined(separator: " ") }

    /// The scopes of a text; names that are not known here are left out, so that an older service can read the token of a newer one.
    package static func set(_ text: String) -> Set<Scope> { Set(text.split(separator: " ").compactMap { Scope(rawValue: String($0)) }) }

    package static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
}
