import NIOHTTP1
import WireFormats

/// What operators do. The token of the client is the service secret of the installation; `endpoints.auth` leads to auth itself, because
/// web does not pass these calls on.
extension PixelFlowClient {
    /// All accounts.
    public func users() async throws -> [UserAccount] { try await pages(of: endpoints.auth + "/operator/users", "users", UserAccount.init) }

    /// Creates an account, whatever the registration mode.
    ///
    /// - Returns: the account, and a token with which the person sets a password once, within an hour.
    public func createUser(email: String) async throws -> (user: UserAccount, resetToken: String) {
        let call = Call(.POST, endpoints.auth + "/operator/users", headers: .json, body: .json(["email": .string(email)]))
        let fields = try Fields(await document(call))
        guard let user = try fields.object("user", UserAccount.init) else { throw ClientError.invalidAnswer("the answer has no user") }
        return (user, try fields.text("reset_token"))
    }

    /// Disables or enables an account. Disabling ends its sessions within seconds.
    public func setDisabled(_ isDisabled: Bool, user id: String) async throws -> UserAccount {
        let call = change(Path.joined("operator", "users", id), ["disabled": .bool(isDisabled)])
        return try UserAccount(Fields(await document(call)))
    }

    /// A token with which the person sets a new password once, within an hour.
    public func resetPassword(ofUser id: String) async throws -> String {
        let call = Call(.POST, endpoints.auth + Path.joined("operator", "users", id, "password-reset"))
        return try Fields(await document(call)).text("reset_token")
    }

    /// Turns the second factor of an account off; nothing happens if it is off.
    public func removeSecondFactor(ofUser id: String) async throws {
        _ = try await document(Call(.DELETE, endpoints.auth + Path.joined("operator", "users", id, "second-factor"), isRepeatable: true))
    }

    /// The organisations of everyone, also the deleted ones that can be restored.
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

    /// What an organisation may use. Asked of the api, and not of auth.
    public func quota(ofOrganisation id: String) async throws -> Quota {
        Quota(try Fields(await document(Call(.GET, endpoints.api + Path.joined("api", "organisations", id, "quota")))))
    }

    /// Replaces what an organisation may use. Asked of the api, and not of auth.
    ///
    /// - Returns: the quota as it is now.
    @discardableResult
    public func setQuota(_ quota: Quota, ofOrganisation id: String) async throws -> Quota {
        let url = endpoints.api + Path.joined("api", "organisations", id, "quota")
        return Quota(try Fields(await document(Call(.PUT, url, headers: .json, body: .json(quota.json), isRepeatable: true))))
    }

    /// How the backends of auth are set up, as auth finds them.
    public func authBackends() async throws -> [BackendDiagnosis] { try await backends(endpoints.auth) }

    /// How the backends of the api are set up, as the api finds them. Asked of the api itself: web does not pass it on.
    public func apiBackends() async throws -> [BackendDiagnosis] { try await backends(endpoints.api) }

    private func backends(_ service: String) async throws -> [BackendDiagnosis] {
        try Fields(await document(Call(.GET, service + "/operator/backends"))).list("backends", BackendDiagnosis.init)
    }

    /// Repeatable: the second time changes nothing.
    private func change(_ path: String, _ body: JSONValue) -> Call {
        Call(.PATCH, endpoints.auth + path, headers: .json, body: .json(body), isRepeatable: true)
    }
}
