/// A quota that is nearly or completely used, for the event `quota.warning`.
package struct QuotaWarning: Sendable, Hashable, Codable {
    /// The percentages of a quota that cause a warning, each once a month.
    package static let thresholds = [80, 100]

    /// The name of the quota's field in JSON.
    package let quota: String
    package let threshold: Int
    package let used: Int
    package let limit: Int
    /// The first day of the calendar month.
    package let month: Timestamp

    package init(quota: String, threshold: Int, used: Int, limit: Int, month: Timestamp) {
        self.quota = quota
        self.threshold = threshold
        self.used = used
        self.limit = limit
        self.month = month
    }

    /// Identifies the warning within its organisation; deterministic for a threshold and month.
    package var key: String { "\(quota)_\(month.iso8601.prefix(7))_\(threshold)" }

    /// The highest threshold reached for each quota that accumulates. Tasks in flight fluctuate and cause no warning.
    package static func reached(_ quota: Quota, used: Consumption, in month: UsageMonth) -> [QuotaWarning] {
        func warning(_ name: Quota.CodingKeys, _ limit: Int?, _ used: Int) -> QuotaWarning? {
            guard let limit, limit > 0, let threshold = thresholds.last(where: { used >= limit / 100 * $0 + limit % 100 * $0 / 100 }) else {
                return nil
            }
            return QuotaWarning(quota: name.rawValue, threshold: threshold, used: used, limit: limit, month: month.start)
        }
        return [
            warning(.tasksPerMonth, quota.tasksPerMonth, used.tasksThisMonth), warning(.bytesStored, quota.bytesStored, used.bytesStored),
        ].compactMap(\.self)
    }
}

extension WebhookDelivery {
    /// The delivery that notifies an endpoint. Its id is deterministic for a threshold and month.
    package init(_ warning: QuotaWarning, to endpoint: WebhookEndpoint, at now: Timestamp) {
        self.init(
            id: WebhookDeliveryID("msg_quota_\(warning.key)_\(endpoint.id)"), tenant: endpoint.tenant,
            endpoint: endpoint.id, event: .quotaWarning, eventAt: now, payload: .quota(warning), createdAt: now)
    }
}
