import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// The organisations that the account is a member of.
    public func organisations() async throws -> [Organisation] {
        try Fields(await document(Call(.GET, endpoints.auth + "/organisations"))).list("organisations", Organisation.init)
    }

    /// The API keys of the organisation that the token is for, newest first.
    public func keys() async throws -> [APIKey] {
        try Fields(await document(Call(.GET, endpoints.auth + "/keys"))).list("keys", APIKey.init)
    }

    /// Creates an API key; its `secret` is shown this once.
    ///
    /// - Parameters:
    ///   - expiresAt: RFC 3339; nil for a key that does not expire.
    ///   - networks: where it may be used from, in CIDR notation; from anywhere if empty.
    ///   - priority: that of tasks for which neither the upload nor its preset names one; nil for `normal`.
    public func createKey(
        _ name: String, scopes: [String], expiresAt: String? = nil, networks: [String] = [], priority: String? = nil
    ) async throws -> APIKey {
        var body: [String: JSONValue] = ["name": .string(name), "scopes": .array(scopes.map { .string($0) })]
        if let expiresAt { body["expires_at"] = .string(expiresAt) }
        if !networks.isEmpty { body["networks"] = .array(networks.map { .string($0) }) }
        if let priority { body["priority"] = .string(priority) }
        return try APIKey(Fields(await document(Call(.POST, endpoints.auth + "/keys", headers: .json, body: .json(.object(body))))))
    }

    /// Ends an API key everywhere, within seconds.
    public func revokeKey(_ id: String) async throws { try await delete(at: endpoints.auth + Path.joined("keys", id)) }

    /// The audit log of the organisation that the token is for, newest entry first.
    ///
    /// - Parameter limit: of the list; nil for the whole log.
    public func audit(_ query: AuditQuery = AuditQuery(), upTo limit: Int? = nil) async throws -> [AuditEntry] {
        let filter = [("action", query.action), ("actor", query.actor), ("since", query.since), ("until", query.until)]
        return try await pages(of: endpoints.auth + "/audit", "entries", filter: filter, upTo: limit, AuditEntry.init)
    }
}
