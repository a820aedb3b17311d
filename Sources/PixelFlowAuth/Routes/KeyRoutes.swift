import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/keys`: the API keys of the organisation that the token is for.
struct KeyRoutes: Sendable {
    /// Maximum number of networks per key.
    private static let networkLimit = 50

    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/keys", id: "listKeys", tag: "keys", "List the API keys, the newest first", access: .scope(.administer),
                responses: [.json(KeyList.self, "The keys, without their secrets.")], problems: [.databaseUnavailable], handler: list),
            Route(
                .post, "/keys", id: "createKey", tag: "keys", "Create an API key",
                details: """
                    Only this response contains `key`. The key belongs to the organisation and stays valid when its creator leaves. It can \
                    only have scopes that its creator has. If an API key creates it, it inherits the networks and expiry of that key unless \
                    it specifies narrower networks and an earlier expiry.
                    """, access: .scope(.administer), body: BodyDescription([.json(KeyRequest.self)], "What the key may do."),
                responses: [.json(.created, KeyView.self, "The key, with its secret.")],
                problems: [
                    .databaseUnavailable, .organisationNotFound, .insufficientRole,
                    DeclaredProblem(.conflict, "too_many_keys", "The organisation has 200 keys."),
                    DeclaredProblem(.forbidden, "scope_too_wide", "The creator does not have one of the scopes."),
                    DeclaredProblem(.forbidden, "network_too_wide", "The creating key may not be used from all of these networks."),
                    DeclaredProblem(.forbidden, "expiry_too_late", "The creating key expires earlier."),
                ] + .fields, handler: create),
            Route(
                .delete, "/keys/{id}", id: "revokeKey", tag: "keys", "Revoke an API key",
                details: "It is refused everywhere within seconds.", access: .scope(.administer),
                parameters: [.init("id", in: .path, .string(), "The key.")],
                responses: [.empty(.noContent, "The key is no longer valid.")],
                problems: [
                    .databaseUnavailable, .insufficientRole, DeclaredProblem(.notFound, "not_found", "There is no such key."),
                ], handler: revoke),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let keys = try await auth.store.keys(of: try context.requirePrincipal().tenant)
        return try .json(KeyList(keys: keys.map { KeyView($0) }))
    }

    @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        // The role is checked in the database as well, because a key outlives its creator.
        _ = try await auth.role(of: caller, in: caller.principal.tenant, atLeast: .admin)
        let body: KeyRequest = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let scopes = try body.checkedScopes()
        guard scopes.isSubset(of: caller.principal.scopes) else {
            throw PixelFlowError(.forbidden, code: "scope_too_wide", "A key cannot have a scope that you do not have.", field: "scopes")
        }
        let maker = try await auth.key(of: caller)
        let (now, secret) = (caller.origin.at, SecretToken(.key))
        let key = APIKey(
            id: APIKeyID(UUIDv7.make(at: now)), organisation: caller.principal.tenant, name: try body.checkedName(), hash: secret.hash,
            hint: secret.hint, scopes: scopes, networks: try body.checkedNetworks(within: maker, limit: Self.networkLimit),
            lane: try body.checkedLane(), createdBy: caller.principal.user, createdAt: now,
            expiresAt: try body.expiry(after: now, within: maker))
        let audit = caller.audit(.keyCreated, in: key.organisation, target: key.id.rawValue, detail: "\(key.name): \(Scope.text(scopes))")
        try await auth.store.add(key, by: caller.person, audit: audit)
        return try .json(KeyView(key, secret: secret.text), status: .created)
    }

    @Sendable private func revoke(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let id = APIKeyID(try context.text("id"))
        let tenant = caller.principal.tenant
        _ = try await auth.role(of: caller, in: tenant, atLeast: .admin)
        let audit = caller.audit(.keyRevoked, in: tenant, target: id.rawValue)
        guard try await auth.store.revoke(id, of: tenant, audit: audit, at: caller.origin.at) else { throw PixelFlowError.notFound("key") }
        await auth.verifier.refreshRevocations()
        return Response(status: .noContent)
    }
}

/// The body of `POST /keys`.
private struct KeyRequest: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "KeyRequest"
    static let annotations: [String: SchemaAnnotation] = [
        "name": .init("1 to 100 characters.", ["minLength": 1, "maxLength": 100]),
        "scopes": .init("What the key may be used for.", schema: .array(of: Scope.schema, count: 1...Scope.allCases.count)),
        "expires_at": .init("RFC 3339; never by default.", ["format": "date-time"]),
        "networks": .init(
            "Networks in CIDR notation from which it may be used; any by default.",
            schema: .array(of: .string(), count: 0...50)),
        "priority": .init(
            "The priority of tasks for which neither the upload nor its preset names one; `normal` by default.",
            schema: .choice(Lane.allCases.map(\.rawValue))),
    ]

    let name: String
    let scopes: [String]
    let expiresAt: String?
    let networks: [String]?
    let priority: String?

    enum CodingKeys: String, CodingKey {
        case name, scopes, networks, priority
        case expiresAt = "expires_at"
    }

    func checkedName() throws -> String { try OrganisationName.checked(name) }

    func checkedScopes() throws -> Set<Scope> {
        guard (1...Scope.allCases.count).contains(scopes.count) else {
            throw PixelFlowError.invalid("scopes", "scopes must have 1 to \(Scope.allCases.count) entries.")
        }
        return Set(
            try scopes.enumerated().map { index, name in
                guard let scope = Scope(rawValue: name) else {
                    throw PixelFlowError.invalid(
                        "scopes[\(index)]", "A scope must be one of \(Scope.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                return scope
            })
    }

    /// The networks of the new key: those of the creating key by default; otherwise each must lie within one of them.
    func checkedNetworks(within maker: APIKey?, limit: Int) throws -> [String] {
        let bounds = maker?.networks ?? []
        guard let networks else { return bounds }
        guard networks.count <= limit else {
            throw PixelFlowError.invalid("networks", "networks must have at most \(limit) entries.")
        }
        let ranges = try networks.enumerated().map { index, text in
            guard let range = NetworkRange(text) else {
                throw PixelFlowError.invalid("networks[\(index)]", "A network must be in CIDR notation, such as 203.0.113.0/24.")
            }
            return range
        }
        // A bound that cannot be parsed contains no network.
        let outer = bounds.compactMap { NetworkRange($0)?.unmapped }
        let isWithin = !ranges.isEmpty && ranges.allSatisfy { range in outer.contains { $0.contains(range.unmapped) } }
        guard bounds.isEmpty || isWithin else {
            throw PixelFlowError(
                .forbidden, code: "network_too_wide",
                "A key that is made with a key must be bound to networks within those of that key: \(bounds.joined(separator: ", ")).",
                field: "networks")
        }
        return ranges.map(\.description)
    }

    func checkedLane() throws -> Lane? {
        guard let priority else { return nil }
        guard let lane = Lane(rawValue: priority) else {
            throw PixelFlowError.invalid("priority", "priority must be one of \(Lane.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return lane
    }

    /// The expiry of the new key: that of the creating key by default; otherwise it must not be later.
    func expiry(after now: Timestamp, within maker: APIKey?) throws -> Timestamp? {
        guard let expiresAt else { return maker?.expiresAt }
        guard let expiry = Timestamp(iso8601: expiresAt), expiry > now else {
            throw PixelFlowError.invalid("expires_at", "expires_at must be a time in the future, such as 2027-01-31T08:00:00Z.")
        }
        if let end = maker?.expiresAt, expiry > end {
            throw PixelFlowError(
                .forbidden, code: "expiry_too_late", "A key that is made with a key cannot expire after it: \(end.iso8601).",
                field: "expires_at")
        }
        return expiry
    }
}

extension Scope {
    static let schema: JSONSchema = .choice(allCases.map(\.rawValue))
}

private struct KeyList: Codable {
    let keys: [KeyView]
}

private struct KeyView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "APIKey"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the key.", "name": "Its name, for people.", "hint": "The last four characters of the secret.",
        "scopes": .init("What it may be used for.", schema: .array(of: Scope.schema)),
        "networks": "The networks from which it may be used; any if empty.", "created_by": "The `user_id` of its creator.",
        "priority": .init(
            "The priority of tasks for which neither the upload nor its preset names one; absent for `normal`.",
            schema: .choice(Lane.allCases.map(\.rawValue))),
        "created_at": .init("RFC 3339.", ["format": "date-time"]),
        "expires_at": .init("RFC 3339; absent for a key that does not expire.", ["format": "date-time"]),
        "last_used_at": .init("To the minute; absent for a key that was never used.", ["format": "date-time"]),
        "key": "The secret: `pf_live_…`. Shown only when the key is created.",
    ]

    let id: String
    let name: String
    let hint: String
    let scopes: [String]
    let networks: [String]
    let priority: Lane?
    let createdBy: String
    let createdAt: String
    let expiresAt: String?
    let lastUsedAt: String?
    let key: String?

    init(_ key: APIKey, secret: String? = nil) {
        id = key.id.rawValue
        name = key.name
        hint = key.hint
        scopes = key.scopes.map(\.rawValue).sorted()
        networks = key.networks
        priority = key.lane
        createdBy = key.createdBy.rawValue
        createdAt = key.createdAt.iso8601
        expiresAt = key.expiresAt?.iso8601
        lastUsedAt = key.lastUsedAt?.iso8601
        self.key = secret
    }

    enum CodingKeys: String, CodingKey {
        case id, name, hint, scopes, networks, priority, key
        case createdBy = "created_by"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
    }
}
