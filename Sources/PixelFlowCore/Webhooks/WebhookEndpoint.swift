import Foundation

/// Identifies a webhook endpoint within its organisation.
package struct WebhookID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
    package static func make(at time: Timestamp) -> WebhookID { WebhookID(UUIDv7.make(at: time)) }
    /// The endpoint whose secrets sign deliveries to the `webhook_url` of tasks. It has no URL.
    package static let organisation = WebhookID("default")
}

/// The events that an endpoint can receive.
package enum WebhookEvent: String, Sendable, Codable, CaseIterable, Comparable {
    case taskCompleted = "task.completed"
    case taskFailed = "task.failed"
    case taskCancelled = "task.cancelled"
    case batchCompleted = "batch.completed"
    case quotaWarning = "quota.warning"
    /// Sent on request to a single endpoint; endpoints cannot subscribe to it.
    case test = "webhook.test"

    /// Nil for a status that is not final.
    package init?(_ status: TaskStatus) {
        switch status {
        case .completed: self = .taskCompleted
        case .failed: self = .taskFailed
        case .cancelled: self = .taskCancelled
        case .pending, .processing: return nil
        }
    }

    /// The events that an endpoint can subscribe to.
    package static let subscribable = allCases.filter { $0 != .test }

    package static func < (left: WebhookEvent, right: WebhookEvent) -> Bool { left.rawValue < right.rawValue }
}

/// Signs deliveries: `whsec_` and the key in base64, as in Standard Webhooks.
package struct WebhookSecret: Sendable, Hashable, Codable {
    package static let prefix = "whsec_"
    /// Standard Webhooks requires 24 to 64 bytes.
    private static let keyLength = 32
    /// How long a replaced secret still signs.
    package static let overlap = Duration.seconds(86_400)

    /// Never logged.
    package let text: String
    /// Nil for the current one.
    package var expiresAt: Timestamp?

    package init(text: String, expiresAt: Timestamp? = nil) {
        self.text = text
        self.expiresAt = expiresAt
    }

    package static func make() -> WebhookSecret {
        let key = (0..<keyLength).map { _ in UInt8.random(in: .min ... .max) }
        return WebhookSecret(text: prefix + Data(key).base64EncodedString())
    }

    /// The key itself; nil if the text is not a secret.
    package var key: [UInt8]? {
        guard text.hasPrefix(Self.prefix), let key = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))) else { return nil }
        return Array(key)
    }
}

/// A URL that receives events of an organisation.
package struct WebhookEndpoint: Sendable, Hashable, Codable {
    /// Why PixelFlow has disabled an endpoint.
    package enum Fault: String, Sendable, Codable, CaseIterable {
        /// It responded with status 410.
        case gone
        /// Every attempt has failed for `failureLimit`.
        case failing
    }

    /// The maximum number of endpoints of an organisation, besides `default`.
    package static let limit = 20
    /// How long all attempts may fail before the endpoint is disabled.
    package static let failureLimit = Duration.seconds(5 * 86_400)
    /// The precision of `lastFailureAt`, so that a failing endpoint is not written for each attempt.
    package static let failureResolution = Duration.seconds(3600)
    /// Failures that are further apart than consecutive attempts of a delivery can be do not belong to the same series.
    package static let failureGap = WebhookSchedule.longestDelay + failureResolution

    package let id: WebhookID
    package let tenant: TenantID
    /// Empty for `WebhookID.organisation`.
    package var url: String
    /// Names of events. Names that only a newer version knows are preserved by all changes.
    private var eventNames: Set<String>
    package var description: String
    package private(set) var isEnabled: Bool
    /// As written by the version that has disabled the endpoint.
    private var faultName: String?
    /// The time since which all attempts have failed; nil after a success.
    package private(set) var failingSince: Timestamp?
    /// The time of the last failed attempt, with the precision of `failureResolution`; nil after a success.
    package private(set) var lastFailureAt: Timestamp?
    /// The current one first; at most two.
    package private(set) var secrets: [WebhookSecret]
    /// Incremented with every change.
    package var revision: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        id: WebhookID, tenant: TenantID, url: String, events: Set<WebhookEvent>, description: String = "", isEnabled: Bool = true,
        secret: WebhookSecret = .make(), createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.url = url
        eventNames = Set(events.map(\.rawValue))
        self.description = description
        self.isEnabled = isEnabled
        faultName = nil
        failingSince = nil
        lastFailureAt = nil
        secrets = [secret]
        revision = 1
        self.createdAt = createdAt
        updatedAt = createdAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, tenant, url, description, isEnabled, failingSince, lastFailureAt, secrets, revision, createdAt, updatedAt
        case eventNames = "events"
        case faultName = "fault"
    }

    package var events: Set<WebhookEvent> {
        get { Set(eventNames.compactMap(WebhookEvent.init(rawValue:))) }
        set { eventNames = Set(newValue.map(\.rawValue)).union(eventNames.filter { WebhookEvent(rawValue: $0) == nil }) }
    }

    /// Nil also for a fault that only a newer version knows.
    package private(set) var fault: Fault? {
        get { faultName.flatMap(Fault.init(rawValue:)) }
        set { faultName = newValue?.rawValue }
    }

    /// The endpoint that signs deliveries to the `webhook_url` of tasks.
    package static func organisation(_ tenant: TenantID, at now: Timestamp) -> WebhookEndpoint {
        WebhookEndpoint(id: .organisation, tenant: tenant, url: "", events: [], createdAt: now)
    }

    /// The queue of the endpoint's deliveries, which limits concurrent attempts.
    package var queue: WebhookQueue { WebhookQueue(tenant: tenant, endpoint: id) }

    /// The secrets that sign a message at this time.
    package func validSecrets(at now: Timestamp) -> [WebhookSecret] {
        secrets.filter { secret in secret.expiresAt.map { $0 > now } ?? true }
    }

    /// Replaces the secret. The previous one continues to sign for `WebhookSecret.overlap`; any older one is dropped.
    package mutating func rotate(to secret: WebhookSecret, at now: Timestamp) {
        var previous = secrets[0]
        previous.expiresAt = now + WebhookSecret.overlap
        secrets = [secret, previous]
    }

    /// Enables or disables the endpoint on request, and clears its failures.
    package mutating func setEnabled(_ isEnabled: Bool) {
        self.isEnabled = isEnabled
        fault = nil
        forgetFailures()
    }

    /// Clears the failures, for example after a change of the URL.
    package mutating func forgetFailures() {
        failingSince = nil
        lastFailureAt = nil
    }

    /// Records the outcome of an attempt. The organisation's own endpoint stands for many URLs, so a single one never disables it.
    ///
    /// - Returns: whether anything has changed.
    package mutating func note(_ outcome: WebhookOutcome, at now: Timestamp) -> Bool {
        guard id != .organisation, isEnabled else { return false }
        if outcome.isDelivered {
            guard failingSince != nil else { return false }
            forgetFailures()
            return true
        }
        if outcome.isGone {
            (isEnabled, fault) = (false, .gone)
            return true
        }
        guard let since = failingSince, case let last = lastFailureAt ?? since, now - last <= Self.failureGap else {
            (failingSince, lastFailureAt) = (now, now)
            return true
        }
        if now - since >= Self.failureLimit {
            (isEnabled, fault, lastFailureAt) = (false, .failing, now)
            return true
        }
        guard now - last >= Self.failureResolution else { return false }
        lastFailureAt = now
        return true
    }
}

/// The deliveries to one endpoint.
package struct WebhookQueue: Sendable, Hashable {
    package let tenant: TenantID
    package let endpoint: WebhookID

    package init(tenant: TenantID, endpoint: WebhookID) {
        self.tenant = tenant
        self.endpoint = endpoint
    }

    /// The maximum number of concurrent attempts, in all replicas together.
    package static let width = 10
}

extension PixelFlowError {
    /// The organisation has `WebhookEndpoint.limit` endpoints (409).
    package static let tooManyWebhooks = PixelFlowError(
        .conflict, code: "too_many_webhooks", "An organisation can have at most \(WebhookEndpoint.limit) webhooks.")
}
