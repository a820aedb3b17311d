package import HTTPTypes

/// Routes that cost about the same, and share their limits.
package enum RateClass: String, Sendable, Hashable, CaseIterable {
    /// Registering, signing in and renewing tokens: by the address of the client.
    case signIn = "sign-in"
    case read
    /// Changes other than uploads.
    case write
    case upload
    /// Reads over everything that an organisation has.
    case heavy
}

/// What a route says about its limits.
package enum RouteRate: Sendable, Hashable {
    /// `read` for GET and `write` for everything else where a token is needed; no limit where none is, or the operator's secret.
    case byMethod
    case of(RateClass)

    func rateClass(_ method: HTTPRequest.Method, _ access: RouteAccess) -> RateClass? {
        switch (self, access) {
        case (.of(let rateClass), _): rateClass
        case (.byMethod, .token), (.byMethod, .scope), (.byMethod, .scopeOrFirstMessage): method == .get || method == .head ? .read : .write
        case (.byMethod, .anyone), (.byMethod, .operator): nil
        }
    }
}
