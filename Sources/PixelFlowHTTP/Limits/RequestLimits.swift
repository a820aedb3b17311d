package import HTTPTypes
package import Hummingbird
import Logging
package import Metrics
package import PixelFlowCore
package import PixelFlowLimits
import PixelFlowTelemetry
import WireFormats

/// Limits the requests of a service, and tells callers in each response how they stand: `RateLimit` and `RateLimit-Policy`, as of
/// draft-ietf-httpapi-ratelimit-headers-10.
package struct RequestLimits: Sendable {
    private struct Labels: Hashable, Sendable, CaseIterable {
        let rateClass: RateClass
        let isAllowed: Bool

        static let allCases = RateClass.allCases.flatMap {
            [Labels(rateClass: $0, isAllowed: true), Labels(rateClass: $0, isAllowed: false)]
        }
    }

    /// The limits of a class, and how they are announced.
    private struct Policy: Sendable {
        let caller: RateLimit
        /// Nil where organisations have no limit.
        let organisation: RateLimit?
        let callerField: String
        let bothField: String

        init(_ rateClass: RateClass, _ quota: RateLimitSettings.Quota, organisationFactor: Int) {
            caller = RateLimit(name: rateClass.rawValue, quota: quota.requests, window: quota.window)
            organisation =
                organisationFactor == 0 || rateClass == .signIn
                ? nil
                : RateLimit(name: "\(rateClass.rawValue)-organisation", quota: quota.requests * organisationFactor, window: quota.window)
            callerField = Self.field(caller)
            bothField = [caller, organisation].compactMap { $0.map(Self.field) }.joined(separator: ", ")
        }

        private static func field(_ limit: RateLimit) -> String {
            "\"\(limit.name)\";q=\(limit.quota);w=\(limit.window.components.seconds)"
        }
    }

    private let policies: [RateClass: Policy]
    private let limiter: any RateLimiter
    private let proxies: TrustedProxies
    private let requests: LabelledMetrics<Labels, Counter>

    /// - Parameter proxies: whose word on the address of a client counts.
    package init(
        _ settings: RateLimitSettings, limiter: any RateLimiter, proxies: TrustedProxies,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        policies = Dictionary(
            uniqueKeysWithValues: settings.quotas.map { ($0, Policy($0, $1, organisationFactor: settings.organisationFactor)) })
        self.limiter = limiter
        self.proxies = proxies
        requests = LabelledMetrics { labels in
            Counter(
                label: "rate_limit_requests_total",
                dimensions: [("class", labels.rateClass.rawValue), ("result", labels.isAllowed ? "allowed" : "limited")], factory: metrics)
        }
        // Each series exists from the start, so that the first refusal is an increase.
        for labels in Labels.allCases where policies[labels.rateClass] != nil { _ = requests[labels] }
    }

    /// Limits nothing.
    package static let off = RequestLimits(RateLimitSettings(), limiter: InMemoryRateLimiter(), proxies: .loopback)

    /// Counts a request of a class.
    ///
    /// - Returns: header fields for the response, whatever it is; nil if the request is not limited.
    /// - Throws: `rate_limited` (429), with the same fields.
    package func admit(_ rateClass: RateClass, _ request: Request, _ context: AppRequestContext) async throws -> HTTPFields? {
        guard let policy = policies[rateClass] else { return nil }
        let buckets = buckets(policy, rateClass, request, context)
        guard !buckets.isEmpty else { return nil }
        let decision: RateDecision
        do {
            decision = try await limiter.admit(buckets)
        } catch {
            // A limiter that fails open does not get here; a request must not fail because nobody can count it.
            context.logger.warning("request not counted", metadata: ["error": "\(error)"])
            return nil
        }
        let refusal = decision.refusal
        requests[Labels(rateClass: rateClass, isAllowed: refusal == nil)].increment()
        var fields = HTTPFields()
        fields[.rateLimitPolicy] = buckets.count == 1 ? policy.callerField : policy.bothField
        fields[.rateLimit] = Self.field(decision.balances)
        if let refusal { throw HeaderedError(.rateLimited(refusal), headers: fields) }
        return fields
    }

    private func buckets(_ policy: Policy, _ rateClass: RateClass, _ request: Request, _ context: AppRequestContext) -> [RateBucket] {
        guard rateClass != .signIn, let principal = context.principal else {
            // Without an address, as in a test, there is nothing to count by.
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

    /// Appended piece by piece: it is written for each response, and interpolation takes several times as long.
    private static func field(_ balances: [RateDecision.Balance]) -> String {
        var text = ""
        text.reserveCapacity(48 * balances.count)
        for balance in balances {
            text += text.isEmpty ? "\"" : ", \""
            text += balance.limit.name
            text += "\";r="
            text += String(balance.remaining)
            text += ";t="
            text += String((balance.reset.microseconds + 999_999) / 1_000_000)
        }
        return text
    }
}

extension PixelFlowError {
    /// A caller has made more requests than its limit allows (429).
    static func rateLimited(_ balance: RateDecision.Balance) -> PixelFlowError {
        let seconds = max(1, Int((balance.wait.microseconds + 999_999) / 1_000_000))
        return PixelFlowError(
            .throttled, code: "rate_limited",
            "The limit \"\(balance.limit.name)\" of \(balance.limit.quota) requests in \(balance.limit.window.components.seconds) seconds "
                + "is reached; try again in \(seconds) seconds.",
            retry: .transient, retryAfter: seconds)
    }
}
