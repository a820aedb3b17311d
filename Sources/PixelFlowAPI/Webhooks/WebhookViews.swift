import OpenAPI
import PixelFlowCore
import WireFormats

/// An endpoint in JSON.
struct WebhookView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Webhook"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "Names the endpoint.",
        "url": .init("The URL to which messages are posted; absent for `default`.", ["format": "uri"]),
        "events": .init("The events that it receives.", schema: .webhookEvents), "description": "For people.",
        "enabled": "Whether it receives messages.",
        "disabled_reason": .init(
            "Why PixelFlow has disabled it: it responded with 410 (`gone`), or every attempt has failed for 5 days (`failing`).",
            ["enum": .array(WebhookEndpoint.Fault.allCases.map { .string($0.rawValue) })]),
        "failing_since": .init("Since when every attempt has failed.", ["format": "date-time"]),
        "secret": .init("Signs the messages. Shown once.", ["pattern": "^whsec_[A-Za-z0-9+/]+=*$"]),
        "previous_secret_until": .init("Until when the previous secret signs, too.", ["format": "date-time"]),
        "created_at": .init("RFC 3339.", ["format": "date-time"]), "updated_at": .init("RFC 3339.", ["format": "date-time"]),
    ]

    let id: String
    let url: String?
    let events: [WebhookEvent]
    let description: String
    let enabled: Bool
    let disabledReason: String?
    let failingSince: String?
    let secret: String?
    let previousSecretUntil: String?
    let createdAt: String
    let updatedAt: String

    init(_ endpoint: WebhookEndpoint, showsSecret: Bool = false) {
        id = endpoint.id.rawValue
        url = endpoint.url.isEmpty ? nil : endpoint.url
        events = endpoint.events.sorted()
        description = endpoint.description
        enabled = endpoint.isEnabled
        disabledReason = endpoint.fault?.rawValue
        failingSince = endpoint.failingSince?.iso8601
        secret = showsSecret ? endpoint.secrets.first?.text : nil
        previousSecretUntil = endpoint.secrets.dropFirst().first?.expiresAt?.iso8601
        createdAt = endpoint.createdAt.iso8601
        updatedAt = endpoint.updatedAt.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case id, url, events, description, enabled, secret
        case disabledReason = "disabled_reason"
        case failingSince = "failing_since"
        case previousSecretUntil = "previous_secret_until"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}

struct WebhookListView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "WebhookList"
    static let annotations: [String: SchemaAnnotation] = ["webhooks": .init("At most \(WebhookEndpoint.limit).")]

    let webhooks: [WebhookView]
}

/// A delivery in JSON.
struct WebhookDeliveryView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "WebhookDelivery"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The `webhook-id` of every attempt.", "event": "The event.",
        "task": .init("The task of the event.", ["format": "uuid"]),
        "batch": .init("The batch of the event.", ["format": "uuid"]),
        "url": .init("The `webhook_url` of the task; absent for an endpoint.", ["format": "uri"]),
        "state": "`pending` until it is `delivered` or has `failed`.",
        "attempts": .init("Oldest first; at most \(WebhookDelivery.logLimit)."),
        "next_attempt_at": .init("The time of the next attempt; absent if none follows.", ["format": "date-time"]),
        "event_at": .init("When the event happened.", ["format": "date-time"]), "created_at": .init("RFC 3339.", ["format": "date-time"]),
        "body": "The message, if a single delivery is requested.",
    ]

    struct AttemptView: Codable, SchemaAnnotated {
        static let annotations: [String: SchemaAnnotation] = [
            "at": .init("When it began.", ["format": "date-time"]), "duration_ms": .init("Milliseconds.", ["minimum": 0]),
            "timestamp": .init("The `webhook-timestamp` of the request: seconds since 1970. Absent if none was made.", ["minimum": 0]),
            "status": "Of the response; absent if there was none.",
            "error": .init(
                """
                Why there was no response: `timeout`, `unreachable`, `name_not_resolved`, `address_blocked`, `certificate_untrusted`, …; \
                `\(WebhookDelivery.givenUp)` if no attempt was made, because the webhook had too many undelivered messages.
                """),
            "answer": .init(
                """
                Of the last \(WebhookDelivery.responsesKept) attempts, if a single delivery is requested: the beginning of the response \
                body, at most \(WebhookOutcome.responseLimit) bytes, with `?` for control characters. Empty otherwise.
                """),
            "next_attempt_at": .init("When the next attempt was planned.", ["format": "date-time"]),
        ]

        let at: String
        let milliseconds: Int
        let timestamp: Int64?
        let status: Int?
        let error: String?
        let response: String
        let nextAttemptAt: String?

        init(_ attempt: WebhookAttempt, showsResponse: Bool) {
            at = attempt.at.iso8601
            milliseconds = attempt.milliseconds
            timestamp = attempt.timestamp
            status = attempt.status
            error = attempt.error
            response = showsResponse ? attempt.response : ""
            nextAttemptAt = attempt.nextAttemptAt?.iso8601
        }

        enum CodingKeys: String, CodingKey {
            case at, timestamp, status, error
            case response = "answer"
            case milliseconds = "duration_ms"
            case nextAttemptAt = "next_attempt_at"
        }
    }

    let id: String
    let event: WebhookEvent
    let task: String?
    let batch: String?
    let url: String?
    let state: WebhookDelivery.State
    let attempts: [AttemptView]
    let nextAttemptAt: String?
    let eventAt: String
    let createdAt: String
    let body: String?

    /// - Parameter body: the body of the message; set for a single delivery, whose view also includes the responses.
    init(_ delivery: WebhookDelivery, body: String? = nil) {
        id = delivery.id.rawValue
        event = delivery.event
        switch delivery.payload {
        case .task(let reported): (task, batch) = (reported.id.rawValue, nil)
        case .batch(let completed): (task, batch) = (nil, completed.batch.id.rawValue)
        case .quota, .test: (task, batch) = (nil, nil)
        }
        url = delivery.url
        state = delivery.state
        attempts = delivery.log.map { AttemptView($0, showsResponse: body != nil) }
        nextAttemptAt = delivery.state == .pending ? delivery.nextAttemptAt.iso8601 : nil
        eventAt = delivery.eventAt.iso8601
        createdAt = delivery.createdAt.iso8601
        self.body = body
    }

    enum CodingKeys: String, CodingKey {
        case id, event, task, batch, url, state, attempts, body
        case nextAttemptAt = "next_attempt_at"
        case eventAt = "event_at"
        case createdAt = "created_at"
    }
}

extension WebhookDeliveryView: ListedView {
    static let listName = "deliveries"
    static let pageSchemaName = "WebhookDeliveryList"
}

struct WebhookReplayView: Codable, SchemaAnnotated {
    static let annotations: [String: SchemaAnnotation] = ["replayed": .init("Deliveries that are made again.", ["minimum": 0])]

    let replayed: Int
}

extension JSONSchema {
    static let webhookEvents = JSONSchema.array(of: .choice(WebhookEvent.subscribable.map(\.rawValue)))
}
