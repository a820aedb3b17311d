package import HTTPTypes
package import Hummingbird
import Logging
package import Metrics
package import PixelFlowCore
package import PixelFlowLimits
import WireFormats

/// Limits the requests to a service, and reports the remaining quota in each response: `RateLimit` and `RateLimit-Policy`, as defined in
/// draft-ietf-httpapi-ratelimit-headers-10.
package struct RequestLimits: Sendable {
    /// The limits of a class, with their header texts and counters.
    private final class Policy: Sendable {
        let caller: RateLimit
        /// Nil if organisations have no limit.
        let organisation: RateLimit?
        let callerField: HTTPField
        let bothField: HTTPField
        let allowed: Counter
        let limited: Counter

        init(_ rateClass: RateClass, _ quota: RateLimitSettings.Quota, organisationFactor: Int, metrics: any MetricsFactory) {
            caller = RateLimit(name: rateClass.rawValue, quota: quota.requests, window: quota.window)
            organisation =
                organisationFactor == 0 || rateClass == .signIn
                ? nil
                : RateLimit(name: "\(rateClass.rawValue)-organisation", quota: quota.requests * organisationFactor, window: quota.window)
            callerField = Self.field([caller])
            bothField = Self.field([caller, organisation].compactMap(\.self))
            // Create both counters at the start, so that the first rejection shows as an increase.
            allowed = Self.counter(rateClass, "allowed", metrics)
            limited = Self.counter(rateClass, "limited", metrics)
        }

        private static func field(_ limits: [RateLimit]) -> HTTPField {
            let items = limits.map { "\"\($0.name)\";q=\($0.quota);w=\($0.window.components.seconds)" }
            return HTTPField(name: .rateLimitPolicy, value: items.joined(separator: ", "))
        }

        private static func counter(_ rateClass: RateClass, _ result: String, _ metrics: any MetricsFactory) -> Counter {
            Counter(label: "rate_limit_requests_total", dimensions: [("class", rateClass.rawValue), ("result", result)], factory: metrics)
        }
    }

    private let policies: [RateClass: Policy]
    private let limiter: any RateLimiter
    private let proxies: TrustedProxies

    /// - Parameter proxies: the proxies that are trusted to report a client's address.
    package init(
        _ settings: RateLimitSettings, limiter: any RateLimiter, proxies: TrustedProxies,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        policies = Dictionary(
            uniqueKeysWithValues: settings.quotas.map {
                ($0, Policy($0, $1, organisationFactor: settings.organisationFactor, metrics: metrics))
            })
        self.limiter = limiter
        self.proxies = proxies
    }

    /// No limits.
    package static let off = RequestLimits(RateLimitSettings(), limiter: InMemoryRateLimiter(), proxies: .loopback)

    func hasLimit(_ rateClass: RateClass) -> Bool { policies[rateClass] != nil }

    /// Counts a request of a class.
    ///
    /// - Returns: header fields for any response to this request; nil if the request is not limited.
    /// - Throws: `rate_limited` (429), with the same fields.
    package func admit(_ rateClass: RateClass, _ request: Request, _ context: AppRequestContext) async throws -> HTTPFields? {
        guard let policy = policies[rateClass] else { return nil }
        let buckets = buckets(policy, rateClass, request, context)
        guard !buckets.isEmpty else { return nil }
        let decision: RateDecision
        do {
            decision = try await limiter.admit(buckets)
        } catch {
            // A limiter that fails open does not throw; with any other, a request must not fail because it cannot be counted.
            context.logger.warning("request not counted", metadata: ["error": "\(error)"])
            return nil
        }
        let refusal = decision.refusal
        (refusal == nil ? policy.allowed : policy.limited).increment()
        var fields = HTTPFields()
        fields.append(buckets.count == 1 ? policy.callerField : policy.bothField)
        fields.append(HTTPField(name: .rateLimit, value: Self.text(decision.balances)))
        if let refusal { throw HeaderedError(.rateLimited(refusal), headers: fields) }
        return fields
    }

    private func buckets(_ policy: Policy, _ rateClass: RateClass, _ request: Request, _ context: AppRequestContext) -> [RateBucket] {
        guard rateClass != .signIn, let principal = context.principal else {
            // Without an address, as in a test, there is no key to count by.
            guard let client = proxies.client(of: request, context: context)?.subscriber else { return [] }
            return [RateBucket(policy.caller, key: "a:\(client)")]
        }
        let caller =
            switch principal.credential {
            case .key(let key): RateBucket(policy.caller, key: "k:" + key.rawValue)
            case .token: RateBucket(policy.caller, key: "u:" + principal.user.rawValue)
            }
        guard let organisation = policy.organisation else { return [caller] }
        return [caller, RateBucket(organisation, key: "o:" + principal.tenant.rawValue)]
    }

    /// Appends piece by piece: this runs for each response, and interpolation takes several times as long.
    private static func text(_ balances: [RateDecision.Balance]) -> String {
        var text = ""
        text.reserveCapacity(48 * balances.count)
        for balance in balances {
            text += text.isEmpty ? "\"" : ", \""
            text += balance.limit.name
            text += "\";r="
            text += String(balance.remaining)
            text += ";t="
            text += String(balance.resetSeconds)
        }
        return text
    }
}

extension PixelFlowError {
    /// A caller has exceeded its rate limit (429).
    static func rateLimited(_ balance: RateDecision.Balance) -> PixelFlowError {
        let seconds = balance.retryAfterSeconds
        let window = Int(balance.limit.window.components.seconds)
        return PixelFlowError(
            .throttled, code: "rate_limited",
            """
            The limit "\(balance.limit.name)" of \(balance.limit.quota.counted("request")) in \(window.counted("second")) is reached; \
            try again in \(seconds.counted("second")).
            """,
            retry: .transient, retryAfter: seconds)
    }
}
