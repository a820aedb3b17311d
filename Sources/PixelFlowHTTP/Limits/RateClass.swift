package import HTTPTypes

/// A class of routes that cost about the same and share their limits.
package enum RateClass: String, Sendable, Hashable, CaseIterable {
    /// Registering, signing in and renewing tokens; limited by the address of the client.
    case signIn = "sign-in"
    case read
    /// Changes other than uploads.
    case write
    case upload
    /// Reads of all data of an organisation.
    case heavy
}

/// The rate limits of a route.
package enum RouteRate: Sendable, Hashable {
    /// For routes that need a token: `read` for GET, and `write` for other methods. No limit for public routes and for those that need the
    /// operator's secret.
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
