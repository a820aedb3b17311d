public import FoundationEssentials
public import WireFormats

/// Where an organisation is told of its events.
public struct Webhook: Sendable, Hashable {
    public let id: String
    /// Nil for `default`, which stands for the `webhook_url` of tasks.
    public let url: String?
    /// As `task.completed`.
    public let events: [String]
    public let description: String
    public let isEnabled: Bool
    /// Why PixelFlow has disabled it: `gone` or `failing`.
    public let disabledReason: String?
    /// Since when every attempt has failed.
    public let failingSince: Date?
    /// Only where the webhook is created or its secret replaced, and never again.
    public let secret: String?
    public let createdAt: Date?
    /// All that the service says, with the secret if there is one.
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

/// One event on its way to a webhook.
public struct WebhookDelivery: Sendable, Hashable {
    /// The `webhook-id` of every attempt.
    public let id: String
    /// As `task.completed`.
    public let event: String
    /// `pending`, `delivered` or `failed`.
    public let state: String
    /// How often it has been tried.
    public let attempts: Int
    /// The status of the latest answer, or why there was none; nil before the first attempt.
    public let latestResult: String?
    /// When the event happened.
    public let eventAt: Date?
    /// Nil once it is delivered or has failed.
    public let nextAttemptAt: Date?
    /// All that the service says.
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
