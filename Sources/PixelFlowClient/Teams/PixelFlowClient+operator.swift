import NIOHTTP1
import WireFormats

/// Calls for operators. The client's token must be the service secret of the installation; `endpoints.auth` must be auth itself,
/// because web does not forward these calls.
extension PixelFlowClient {
    /// All accounts.
    public func users() async throws -> [UserAccount] { try await pages(of: endpoints.auth + "/operator/users", "users", UserAccount.init) }

    /// Creates an account, regardless of the registration mode.
    ///
    /// - Returns: the account, and a token with which the person can set a password once, within an hour.
    public func createUser(email: String) async throws -> (user: UserAccount, resetToken: String) {
        let call = Call(.POST, endpoints.auth + "/operator/users", headers: .json, body: .json(["email": .string(email)]))
        let fields = try Fields(await document(call))
        guard let user = try fields.object("user", UserAccount.init) else { throw ClientError.invalidResponse("the response has no user") }
        return (user, try fields.text("reset_token"))
    }

    /// Disables or enables an account. Disabling ends its sessions within seconds.
    public func setDisabled(_ isDisabled: Bool, user id: String) async throws -> UserAccount {
        let call = change(Path.joined("operator", "users", id), ["disabled": .bool(isDisabled)])
        return try UserAccount(Fields(await document(call)))
    }

    /// Returns a token with which the person can set a new password once, within an hour.
    public func resetPassword(ofUser id: String) async throws -> String {
        let call = Call(.POST, endpoints.auth + Path.joined("operator", "users", id, "password-reset"))
        return try Fields(await document(call)).text("reset_token")
    }

    /// Disables the second factor of an account; does nothing if it is disabled.
    public func removeSecondFactor(ofUser id: String) async throws {
        _ = try await document(Call(.DELETE, endpoints.auth + Path.joined("operator", "users", id, "second-factor"), isRepeatable: true))
    }

    /// All organisations, including deleted ones that can still be restored.
    public func allOrganisations() async throws -> [Organisation] {
        try await pages(of: endpoints.auth + "/operator/organisations", "organisations", Organisation.init)
    }

    /// Deletes an organisation, or restores it within 7 days.
    public func setDeleted(_ isDeleted: Bool, organisation id: String) async throws {
        _ = try await document(change(Path.joined("operator", "organisations", id), ["deleted": .bool(isDeleted)]))
    }

    /// The members of any organisation.
    public func members(ofOrganisation id: String) async throws -> [Member] {
        let url = endpoints.auth + Path.joined("operator", "organisations", id, "members")
        return try Fields(await document(Call(.GET, url))).list("members", Member.init)
    }

    /// The quota of an organisation. Requested from api, not from auth.
    public func quota(ofOrganisation id: String) async throws -> Quota {
        Quota(try Fields(await document(Call(.GET, endpoints.api + Path.joined("api", "organisations", id, "quota")))))
    }

    /// Replaces the quota of an organisation. Requested from api, not from auth.
    ///
    /// - Returns: the new quota.
    @discardableResult
    public func setQuota(_ quota: Quota, ofOrganisation id: String) async throws -> Quota {
        let url = endpoints.api + Path.joined("api", "organisations", id, "quota")
        return Quota(try Fields(await document(Call(.PUT, url, headers: .json, body: .json(quota.json), isRepeatable: true))))
    }

    /// The configuration of auth's backends, as auth sees it.
    public func authBackends() async throws -> [BackendDiagnosis] { try await backends(endpoints.auth) }

    /// The configuration of api's backends, as api sees it. Requested from api itself, because web does not forward it.
    public func apiBackends() async throws -> [BackendDiagnosis] { try await backends(endpoints.api) }

    private func backends(_ service: String) async throws -> [BackendDiagnosis] {
        try Fields(await document(Call(.GET, service + "/operator/backends"))).list("backends", BackendDiagnosis.init)
    }

    /// Repeatable, because repeating it changes nothing.
    private func change(_ path: String, _ body: JSONValue) -> Call {
        Call(.PATCH, endpoints.auth + path, headers: .json, body: .json(body), isRepeatable: true)
    }
}
