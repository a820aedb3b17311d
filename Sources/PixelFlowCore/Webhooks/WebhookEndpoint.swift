import Foundation

/// Names a webhook endpoint within its organisation.
package struct WebhookID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
    package static func make(at time: Timestamp) -> WebhookID { WebhookID(UUIDv7.make(at: time)) }
    /// The endpoint whose secrets sign deliveries to the `webhook_url` of a task. It has no URL of its own.
    package static let organisation = WebhookID("default")
}

/// What an endpoint can be told of.
package enum WebhookEvent: String, Sendable, Codable, CaseIterable, Comparable {
    case taskCompleted = "task.completed"
    case taskFailed = "task.failed"
    case taskCancelled = "task.cancelled"
    case batchCompleted = "batch.completed"
    case quotaWarning = "quota.warning"
    /// Sent on request, to the endpoint that asks for it alone; no endpoint subscribes to it.
    case test = "webhook.test"

    /// Nil for a status that ends nothing.
    package init?(_ status: TaskStatus) {
        switch status {
        case .completed: self = .taskCompleted
        case .failed: self = .taskFailed
        case .cancelled: self = .taskCancelled
        case .pending, .processing: return nil
        }
    }

    /// Those that an endpoint can subscribe to.
    package static let subscribable = allCases.filter { $0 != .test }

    package static func < (left: WebhookEvent, right: WebhookEvent) -> Bool { left.rawValue < right.rawValue }
}

/// Signs deliveries: `whsec_` and the key in base 64, as Standard Webhooks writes it.
package struct WebhookSecret: Sendable, Hashable, Codable {
    package static let prefix = "whsec_"
    /// Standard Webhooks asks for 24 to 64 bytes.
    private static let keyLength = 32
    /// How long a secret that was replaced still signs.
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

/// Where an organisation is told of its events.
package struct WebhookEndpoint: Sendable, Hashable, Codable {
    /// Why PixelFlow has disabled an endpoint.
    package enum Fault: String, Sendable, Codable, CaseIterable {
        /// It answered 410.
        case gone
        /// Every attempt has failed for `failureLimit`.
        case failing
    }

    /// Endpoints of an organisation.
    package static let limit = 20
    /// How long all attempts may fail before the endpoint is disabled.
    package static let failureLimit = Duration.seconds(5 * 86_400)
    /// How exactly `lastFailureAt` is kept, so that an endpoint that fails is not written for each attempt.
    package static let failureResolution = Duration.seconds(3600)
    /// Failures further apart than attempts of one delivery can be are not one row of failures.
    package static let failureGap = WebhookSchedule.longestDelay + failureResolution

    package let id: WebhookID
    package let tenant: TenantID
    /// Empty for `WebhookID.organisation`.
    package var url: String
    /// Names of events. Those that only a newer version knows stay, whatever is changed here.
    private var eventNames: Set<String>
    package var description: String
    package private(set) var isEnabled: Bool
    /// As the version has written it that has disabled the endpoint.
    private var faultName: String?
    /// Since when every attempt has failed; nil after a success.
    package private(set) var failingSince: Timestamp?
    /// When an attempt has last failed, to within `failureResolution`; nil after a success.
    package private(set) var lastFailureAt: Timestamp?
    /// The current one first; at most two.
    package private(set) var secrets: [WebhookSecret]
    /// Grows with every change.
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

    /// Nil also for what only a newer version knows.
    package private(set) var fault: Fault? {
        get { faultName.flatMap(Fault.init(rawValue:)) }
        set { faultName = newValue?.rawValue }
    }

    /// The one that signs deliveries to the `webhook_url` of tasks.
    package static func organisation(_ tenant: TenantID, at now: Timestamp) -> WebhookEndpoint {
        WebhookEndpoint(id: .organisation, tenant: tenant, url: "", events: [], createdAt: now)
    }

    /// Deliveries of one queue are made in turn, and at most so many at a time.
    package var queue: WebhookQueue { WebhookQueue(tenant: tenant, endpoint: id) }

    /// Those that sign a message at this time.
    package func validSecrets(at now: Timestamp) -> [WebhookSecret] {
        secrets.filter { secret in secret.expiresAt.map { $0 > now } ?? true }
    }

    /// Replaces the secret. The present one signs beside it for `WebhookSecret.overlap`, one from before no longer.
    package mutating func rotate(to secret: WebhookSecret, at now: Timestamp) {
        var previous = secrets[0]
        previous.expiresAt = now + WebhookSecret.overlap
        secrets = [secret, previous]
    }

    /// Enables or disables the endpoint on request; what was held against it is forgotten.
    package mutating func setEnabled(_ isEnabled: Bool) {
        self.isEnabled = isEnabled
        fault = nil
        forgetFailures()
    }

    /// Forgets the attempts that have failed, as for a new URL.
    package mutating func forgetFailures() {
        failingSince = nil
        lastFailureAt = nil
    }

    /// Notes how an attempt has ended. The organisation's own endpoint stands for many URLs and is never disabled by one.
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

    /// Attempts under way at a time, in all replicas together.
    package static let width = 10
}
