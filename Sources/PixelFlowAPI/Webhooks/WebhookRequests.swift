import OpenAPI
import PixelFlowCore
import PixelFlowURL
import WireFormats

/// The body of a request that creates an endpoint, or that changes one and contains only the changed members.
struct WebhookRequest: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "WebhookRequest"
    static let annotations: [String: SchemaAnnotation] = [
        "url": .init("An absolute `http` or `https` URL of at most 2,048 bytes.", ["format": "uri", "maxLength": 2048]),
        "events": .init("The events that it receives; at least one.", schema: .webhookEvents),
        "description": .init("For people; at most 256 bytes, without control characters.", ["maxLength": 256]),
        "enabled": "Whether it receives messages; true by default.",
    ]

    let url: String?
    let events: [WebhookEvent]?
    let description: String?
    let enabled: Bool?

    private static let descriptionLimit = 256

    /// - Throws: `invalid_value`, or `port_not_allowed`, with the name of the field.
    func check() throws(PixelFlowError) {
        if let url { try Self.check(url: url, field: "url") }
        if let events, events.isEmpty || events.contains(.test) {
            let names = WebhookEvent.subscribable.map(\.rawValue).joined(separator: ", ")
            throw .invalid("events", "events must be one or more of \(names).")
        }
        if let description, description.utf8.count > Self.descriptionLimit {
            throw .invalid("description", "description must be at most \(Self.descriptionLimit) bytes long.")
        }
        try description?.requireSingleLine("description")
    }

    /// Rejects URLs that can never receive deliveries. Whether the address is allowed is decided when connecting.
    static func check(url text: String, field: String) throws(PixelFlowError) {
        guard text.utf8.count <= 2048 else { throw .invalid(field, "\(field) is longer than 2048 bytes.") }
        do {
            try SourceURL(text).check(.webhooks)
        } catch {
            throw .invalid(field, error.message, code: error.code == "url_invalid" ? "invalid_value" : error.code)
        }
    }

    /// A new endpoint.
    ///
    /// - Throws: `missing_value` with the name of the field.
    func endpoint(of tenant: TenantID, at now: Timestamp) throws(PixelFlowError) -> WebhookEndpoint {
        guard let url else { throw .invalid("url", "This field is required.", code: "missing_value") }
        guard let events else { throw .invalid("events", "This field is required.", code: "missing_value") }
        return WebhookEndpoint(
            id: .make(at: now), tenant: tenant, url: url, events: Set(events), description: description ?? "", isEnabled: enabled ?? true,
            createdAt: now)
    }

    func apply(to endpoint: inout WebhookEndpoint) throws(PixelFlowError) {
        if endpoint.id == .organisation, url != nil || events != nil {
            throw .invalid(url != nil ? "url" : "events", "This endpoint has neither a URL nor events of its own.")
        }
        if let url, url != endpoint.url {
            endpoint.url = url
            endpoint.forgetFailures()
        }
        if let events { endpoint.events = Set(events) }
        if let description { endpoint.description = description }
        if let enabled { endpoint.setEnabled(enabled) }
    }
}

/// Selects deliveries to repeat: a single one, or all that have failed since a time.
struct WebhookReplayRequest: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "WebhookReplayRequest"
    static let annotations: [String: SchemaAnnotation] = [
        "delivery": "The id of a delivery; not together with `since`.",
        "since": .init("All failed deliveries of events from then on.", ["format": "date-time"]),
    ]

    let delivery: String?
    let since: String?
}
