import KubernetesClient

/// Events for programs.
enum EventData {
    static func json(_ event: Event) -> JSONValue {
        var json: JSONValue = [
            "type": .string(event.type ?? ""), "reason": .string(event.reason ?? ""), "message": .string(event.message ?? ""),
            "object": .string(object(event)), "count": .integer(Int64(event.occurrences)),
        ]
        json["last_seen"] = event.lastSeen.map { .string($0.text) }
        return json
    }

    /// `pod/pixelflow-api-…`
    static func object(_ event: Event) -> String {
        "\(event.involvedObject?.kind?.lowercased() ?? "")/\(event.involvedObject?.name ?? "")"
    }
}
