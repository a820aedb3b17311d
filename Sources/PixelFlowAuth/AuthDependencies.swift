import Hummingbird
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// The dependencies of the routes of auth.
struct AuthDependencies: Sendable {
    let store: IdentityStore
    let accounts: Accounts
    let signIns: SignIns
    /// Loaded on first use, so that the service starts while its database is down.
    let issuer: AsyncLazy<TokenIssuer>
    let identities: LocalIdentitySource
    let verifier: TokenVerifier
    let proxies: TrustedProxies
    let metrics: AuthMetrics
    let clock: any WallClock

    /// Maximum body size in bytes; far above every valid body.
    static let bodyLimit = 16 * 1024

    func origin(_ request: Request, _ context: AppRequestContext) -> RequestOrigin {
        RequestOrigin(request, context, proxies: proxies, clock: clock)
    }
}

/// The authenticated caller of a request, and its origin.
struct Caller: Sendable {
    let principal: Principal
    let origin: RequestOrigin

    func audit(_ action: AuditAction, in organisation: TenantID, target: String = "", detail: String = "") -> AuditEntry {
        origin.audit(action, in: organisation, by: AuditActor(principal), target: target, detail: detail)
    }
}

extension AuthDependencies {
    func caller(_ request: Request, _ context: AppRequestContext) throws -> Caller {
        Caller(principal: try context.requirePrincipal(), origin: origin(request, context))
    }

    /// The caller, who must be a person and not a program.
    ///
    /// - Throws: `person_required` (403) for an API key.
    func person(_ request: Request, _ context: AppRequestContext) throws -> Caller {
        let caller = try caller(request, context)
        guard case .token = caller.principal.credential else {
            throw PixelFlowError(.forbidden, code: "person_required", "An API key cannot do this; sign in.")
        }
        return caller
    }

    /// The account of the caller.
    ///
    /// - Throws: `not_found` (404) if it has been deleted.
    func user(_ principal: Principal) async throws -> User {
        guard let user = try await store.user(principal.user) else { throw PixelFlowError.notFound("account") }
        return user
    }

    /// The role of the caller in an organisation, by the database and not by the token, so that a change counts at once. A key with
    /// the scope `organisation:admin` acts as an admin of its own organisation, any other one as a viewer.
    ///
    /// - Throws: `not_found` (404) if the caller is not in the organisation; `insufficient_role` (403) if the role is below `needed`.
    func role(
        of caller: Caller, in id: TenantID, atLeast needed: Role, evenIfDeleted: Bool = false
    ) async throws -> Role {
        let principal = caller.principal
        let role: Role
        switch principal.credential {
        case .key:
            guard principal.tenant == id else { throw PixelFlowError.notFound("organisation") }
            role = principal.scopes.contains(.administer) ? .admin : .viewer
        case .token:
            guard let membership = try await store.membership(of: principal.user, in: id),
                evenIfDeleted || membership.organisation.deletedAt == nil
            else { throw PixelFlowError.notFound("organisation") }
            role = membership.role
        }
        guard role >= needed else {
            throw PixelFlowError(.forbidden, code: "insufficient_role", principal.lack(of: needed, having: role))
        }
        return role
    }
}

extension Principal {
    /// Why this role is not enough. A key has scopes, and a role only for want of another measure.
    fileprivate func lack(of needed: Role, having role: Role) -> String {
        switch credential {
        case .token: "This needs the role \(needed.rawValue); yours is \(role.rawValue)."
        case .key where needed > .admin: "An API key cannot do this; it needs the role \(needed.rawValue)."
        case .key: "This needs the scope \(Scope.administer.rawValue), which this API key does not have."
        }
    }
}

extension AuthDependencies {
    /// Reads the caller's API key from the database: what it creates outlives it, so a key that was just revoked must not pass.
    ///
    /// - Returns: nil for a person.
    /// - Throws: `token_revoked` (401).
    func key(of caller: Caller) async throws -> APIKey? {
        guard case .key(let id) = caller.principal.credential else { return nil }
        guard let key = try await store.key(id, of: caller.principal.tenant) else { throw PixelFlowError.keyRevoked }
        return key
    }

    /// Checks that the caller may make someone a member with this role.
    ///
    /// - Throws: `role_too_high` (403); `token_revoked` (401) if the caller is a revoked key.
    func requireGiving(_ role: Role, by caller: Caller, _ actor: Role) async throws {
        guard try await mayRaise(to: role, by: caller, actor) else { throw PixelFlowError.keyIsBounded }
    }

    /// Whether the caller may give this role to members who have less. A key gives nothing that can do more than the key: no role with a
    /// scope that it lacks, and no rights at all if it is bound to networks or expires, because a membership is good everywhere and for good.
    ///
    /// - Throws: `role_too_high` (403) if the caller may not even lower a role to this one; `token_revoked` (401) for a key that has been.
    func mayRaise(to role: Role, by caller: Caller, _ actor: Role) async throws -> Bool {
        let key = try await key(of: caller)
        guard let key else {
            guard actor.mayAssign(role) else { throw Self.roleTooHigh("Only an owner may make someone an owner.") }
            return true
        }
        guard key.mayAssign(role) else { throw Self.roleTooHigh(key.lack(for: role)) }
        return !key.isBounded
    }

    private static func roleTooHigh(_ message: String) -> PixelFlowError {
        PixelFlowError(.forbidden, code: "role_too_high", message, field: "role")
    }
}

extension APIKey {
    /// Why the key may not assign a role.
    fileprivate func lack(for role: Role) -> String {
        guard role < .owner else { return "An API key cannot make anyone an owner." }
        let missing = role.scopes.subtracting(scopes).map(\.rawValue).sorted()
        return "This API key cannot grant the role \(role.rawValue), because it does not have \(missing.joined(separator: ", "))."
    }
}

extension Caller {
    /// The user; nil for a program.
    var person: UserID? { if case .token = principal.credential { principal.user } else { nil } }
}

extension DeclaredProblem {
    static let databaseUnavailable = DeclaredProblem(.unavailable, "database_unavailable", "The database does not respond.")
    static let secondFactorRequired = DeclaredProblem(
        .unauthenticated, "second_factor_required", "The second factor is on, and the request has no code.")
    static let secondFactorInvalid = DeclaredProblem(
        .unauthenticated, "second_factor_invalid", "The code is wrong or has already been used.")
    static let personRequired = DeclaredProblem(.forbidden, "person_required", "An API key cannot do this.")
    static let organisationNotFound = DeclaredProblem(
        .notFound, "not_found", "There is no such organisation, or the caller is not in it.")
    static let insufficientRole = DeclaredProblem(
        .forbidden, "insufficient_role", "The caller's role is too low, or the API key lacks `organisation:admin`.")
}

extension [DeclaredProblem] {
    /// The problems of a body with invalid fields.
    static let fields = [
        DeclaredProblem(.invalid, "missing_value", "A field is missing or null."),
        DeclaredProblem(.invalid, "invalid_value", "A field has a value that is not accepted."),
    ]

    static let organisation: [DeclaredProblem] = [.databaseUnavailable, .organisationNotFound, .insufficientRole]
}

extension ParameterDescription {
    static let organisationID = ParameterDescription("id", in: .path, .string(), "The organisation.")
}

extension AppRequestContext {
    /// A path parameter.
    func text(_ name: String) throws -> String {
        guard let text = parameters.get(name) else { throw HTTPError(.notFound) }
        return text
    }
}
