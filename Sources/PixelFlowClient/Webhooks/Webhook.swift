public import FoundationEssentials
public import WireFormats

/// A URL that receives events of an organisation.
public struct Webhook: Sendable, Hashable {
    public let id: String
    /// Nil for `default`, which represents the `webhook_url` of tasks.
    public let url: String?
    /// For example `task.completed`.
    public let events: [String]
    public let description: String
    public let isEnabled: Bool
    /// Why PixelFlow has disabled it: `gone` or `failing`.
    public let disabledReason: String?
    /// The time since which every attempt has failed.
    public let failingSince: Date?
    /// Present only in the response to the creation or a replacement of the secret.
    public let secret: String?
    public let createdAt: Date?
    /// The complete JSON from the service, including the secret if present.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        id = try fields.text("id")
        url = json["url"]?.stringValue
        events = json["events"]?.arrayValue?.compactMap(\.stringValue) ?? []
        description = try fields.text("description")
        isEnabled = json["enabled"]?.boolValue ?? false
        disabledReason = json["disabled_reason"]?.stringValue
        failingSince = fields.time("failing_since")
        secret = json["secret"]?.stringValue
        createdAt = fields.time("created_at")
    }
}

/// The delivery of one event to a webhook.
public struct WebhookDelivery: Sendable, Hashable {
    /// The `webhook-id` of every attempt.
    public let id: String
    /// For example `task.completed`.
    public let event: String
    /// `pending`, `delivered` or `failed`.
    public let state: String
    /// The number of attempts so far.
    public let attempts: Int
    /// The status of the latest response, or why there was none; nil before the first attempt.
    public let latestResult: String?
    /// When the event happened.
    public let eventAt: Date?
    /// Nil after delivery or failure.
    public let nextAttemptAt: Date?
    /// The complete JSON from the service.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        id = try fields.text("id")
        event = try fields.text("event")
        state = try fields.text("state")
        let log = json["attempts"]?.arrayValue ?? []
        attempts = log.count
        latestResult = log.last.flatMap { $0["status"]?.intValue.map(String.init) ?? $0["error"]?.stringValue }
        eventAt = fields.time("event_at")
        nextAttemptAt = fields.time("next_attempt_at")
    }
}
