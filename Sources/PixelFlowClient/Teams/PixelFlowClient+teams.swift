import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// The organisations that the account is a member of.
    public func organisations() async throws -> [Organisation] {
        try Fields(await document(Call(.GET, endpoints.auth + "/organisations"))).list("organisations", Organisation.init)
    }

    /// The API keys of the token's organisation, newest first.
    public func keys() async throws -> [APIKey] {
        try Fields(await document(Call(.GET, endpoints.auth + "/keys"))).list("keys", APIKey.init)
    }

    /// Creates an API key. Its `secret` is returned only this once.
    ///
    /// - Parameters:
    ///   - expiresAt: RFC 3339; nil for a key that does not expire.
    ///   - networks: the networks from which it may be used, in CIDR notation; empty for all.
    ///   - priority: of tasks if neither the upload nor its preset sets one; nil for `normal`.
    public func createKey(
        _ name: String, scopes: [String], expiresAt: String? = nil, networks: [String] = [], priority: String? = nil
    ) async throws -> APIKey {
        var body: [String: JSONValue] = ["name": .string(name), "scopes": .array(scopes.map { .string($0) })]
        if let expiresAt { body["expires_at"] = .string(expiresAt) }
        if !networks.isEmpty { body["networks"] = .array(networks.map { .string($0) }) }
        if let priority { body["priority"] = .string(priority) }
        return try APIKey(Fields(await document(Call(.POST, endpoints.auth + "/keys", headers: .json, body: .json(.object(body))))))
    }

    /// Revokes an API key. All services reject it within seconds.
    public func revokeKey(_ id: String) async throws { try await delete(at: endpoints.auth + Path.joined("keys", id)) }

    /// The audit log of the token's organisation, newest entry first.
    ///
    /// - Parameter limit: the maximum number of entries; nil for the whole log.
    public func audit(_ query: AuditQuery = AuditQuery(), upTo limit: Int? = nil) async throws -> [AuditEntry] {
        let filter = [("action", query.action), ("actor", query.actor), ("since", query.since), ("until", query.until)]
        return try await pages(of: endpoints.auth + "/audit", "entries", filter: filter, upTo: limit, AuditEntry.init)
    }
}
