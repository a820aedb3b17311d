import KubernetesClient

/// A task as the api tells it, as far as lists need it.
struct TaskSummary: Sendable {
    static let failed = "FAILED"
    private static let final: Set<String> = ["COMPLETED", "FAILED", "CANCELLED"]

    let id: String
    let status: String
    /// Its URL, or the name of the file.
    let source: String
    let attempts: Int
    let created: Timestamp?
    let updated: Timestamp?
    let errorCode: String?
    let errorMessage: String?
    /// All that the api says.
    let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
        id = json["id"]?.stringValue ?? ""
        status = json["status"]?.stringValue ?? ""
        source = json["image_url"]?.stringValue ?? json["upload"]?["filename"]?.stringValue ?? "an upload"
        attempts = json["attempts"]?.intValue ?? 0
        created = json["created_at"]?.stringValue.flatMap { Timestamp($0) }
        updated = json["updated_at"]?.stringValue.flatMap { Timestamp($0) }
        errorCode = json["error"]?["code"]?.stringValue
        errorMessage = json["error"]?["message"]?.stringValue
    }

    var isFinal: Bool { Self.final.contains(status) }
    var reference: String { "task/\(id)" }

    var style: Text.Style {
        switch status {
        case "COMPLETED": .good
        case "FAILED": .bad
        case "CANCELLED": .faint
        default: .plain
        }
    }
}
