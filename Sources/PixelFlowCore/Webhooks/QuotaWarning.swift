/// A quota of which an organisation has used much, for the event `quota.warning`.
package struct QuotaWarning: Sendable, Hashable, Codable {
    /// Shares of a quota, in percent, that are told of; each once a month.
    package static let thresholds = [80, 100]

    /// As the quota's field in JSON.
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

    /// Names the warning within its organisation: the same threshold of the same month always has the same one.
    package var key: String { "\(quota)_\(month.iso8601.prefix(7))_\(threshold)" }

    /// The highest threshold that has been reached of each quota that fills up. What is in flight comes and goes, and is not told of.
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
    /// Tells an endpoint of a quota. The same threshold of the same month always makes the same id.
    package init(_ warning: QuotaWarning, to endpoint: WebhookEndpoint, at now: Timestamp) {
        self.init(
            id: WebhookDeliveryID("msg_quota_\(warning.key)_\(endpoint.id)"), tenant: endpoint.tenant,
            endpoint: endpoint.id, event: .quotaWarning, eventAt: now, payload: .quota(warning), createdAt: now)
    }
}
