import KubernetesClient
import WireFormats

/// Removes secrets from support bundles.
///
/// It errs on the side of removing too much: a missing harmless value can be requested later.
enum Redaction {
    static let mark = "REDACTED"
    /// Words that occur in the names of secrets.
    private static let words = [
        "password", "passwd", "secret", "token", "credential", "private", "access_key", "accesskey", "api_key", "apikey",
    ]
    private static let serverFields = ["managedFields"]
    /// Annotations that contain a copy of a complete object as it was applied.
    private static let copies = ["kubectl.kubernetes.io/last-applied-configuration"]

    static func isSecret(_ name: String) -> Bool {
        let plain = name.lowercased().replacing("-", with: "_").replacing(".", with: "_")
        return words.contains { plain.contains($0) } || plain.hasSuffix("_key") || plain == "key"
    }

    /// Redacts an object of the cluster: keeps only the names of a Secret's keys, and only those values of variables and settings that do
    /// not look like secrets.
    static func object(_ object: JSONValue) -> JSONValue {
        var object = object
        for field in serverFields { object["metadata"]?[field] = nil }
        for copy in copies where object["metadata"]?["annotations"]?[copy] != nil { object["metadata"]?["annotations"]?[copy] = nil }
        if object["kind"]?.stringValue == "Secret" {
            for field in ["data", "stringData"] {
                object[field] = object[field]?.objectValue.map { .object($0.mapValues { _ in .string(mark) }) }
            }
            return object
        }
        if object["kind"]?.stringValue == "ConfigMap" { object["data"] = object["data"].map { settings($0) } }
        return value(object)
    }

    private static func settings(_ data: JSONValue) -> JSONValue {
        .object(
            (data.objectValue ?? [:]).reduce(into: [:]) { $0[$1.key] = isSecret($1.key) ? .string(mark) : $1.value })
    }

    private static func value(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(self.text(text))
        case .array(let elements): return .array(list(elements))
        case .object(var fields):
            // An environment variable, at any level.
            if let name = fields["name"]?.stringValue, fields["value"]?.stringValue != nil, isSecret(name) {
                fields["value"] = .string(mark)
            }
            return .object(fields.mapValues { self.value($0) })
        default: return value
        }
    }

    /// In the arguments of a program, a secret may follow its option.
    private static func list(_ elements: [JSONValue]) -> [JSONValue] {
        var followsOption = false
        return elements.map { element in
            defer {
                let text = element.stringValue ?? ""
                followsOption = text.hasPrefix("-") && !text.contains("=") && isSecret(text)
            }
            return followsOption && element.stringValue != nil ? .string(mark) : value(element)
        }
    }

    /// `password=…`, `"api_key": "…"`, also with escaped quotes, as in JSON within JSON.
    private static var assignment: Regex<(Substring, Substring)> {
        /(?i)((?:password|passwd|secret|token|credential|signature|(?:access|api)[_\-]?key)[a-z_\-]*\\?["']?\s*[=:]\s*\\?["']?)[^\s"'&,;}\\]+/
    }

    /// Redacts any text, such as log lines: passwords in URLs, tokens, and values that are labelled as secrets.
    static func text(_ text: String) -> String {
        text
            .replacing(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----/) { _ in mark }
            .replacing(/:\/\/[^\/@\s"']*@/) { _ in "://\(mark)@" }
            .replacing(/eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]*)?/) { _ in mark }
            .replacing(/(?i)(bearer|basic)\s+[A-Za-z0-9._~+\/=\-]{8,}/) { "\($0.output.1) \(mark)" }
            .replacing(assignment) { "\($0.output.1)\(mark)" }
    }
}
