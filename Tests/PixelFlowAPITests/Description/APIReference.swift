import Foundation
import WireFormats

/// Generates docs/api.md from the descriptions of the services.
struct APIReference {
    /// The heading of each service, and its description.
    let services: [(title: String, document: JSONValue)]

    /// CommonMark.
    var text: String {
        var sections = ["# HTTP API", Self.note]
        if let conventions { sections.append(conventions) }
        for service in services { sections += self.sections(of: service.document, title: service.title) }
        sections.append("## Types")
        sections += schemas.sorted { $0.key < $1.key }.compactMap { type(named: $0.key, $0.value) }
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static let note = """
        <!-- Written by `make docs` from the declarations of the routes; the same is served at /openapi.json. -->

        The description below is also served as OpenAPI 3.1: `GET /openapi.json` on auth, on api, and for the whole product on web, where \
        `/docs` shows it.
        """

    /// The common part of the descriptions of all services, after their own first paragraph.
    private var conventions: String? {
        services.first?.document["info"]?["description"]?.stringValue.flatMap { text in
            text.range(of: "\n\n").map { String(text[$0.upperBound...]) }
        }
    }

    private var schemas: [String: JSONValue] {
        services.reduce(into: [:]) { all, service in
            all.merge(service.document["components"]?["schemas"]?.objectValue ?? [:]) { first, _ in first }
        }
    }

    // MARK: Services

    private func sections(of document: JSONValue, title: String) -> [String] {
        let own = document["info"]?["description"]?.stringValue?.split(separator: "\n\n").first.map(String.init) ?? ""
        let tags = document["tags"]?.arrayValue ?? []
        return ["## \(title)", own]
            + tags.flatMap { tag -> [String] in
                let name = tag["name"]?.stringValue ?? ""
                let operations = self.operations(of: document, tag: name)
                guard !operations.isEmpty else { return [] }
                return ["### \(name.prefix(1).uppercased())\(name.dropFirst())", tag["description"]?.stringValue ?? ""]
                    + operations.map { operation($0.path, $0.method, $0.json, document) }
            }
    }

    private func operations(of document: JSONValue, tag: String) -> [(path: String, method: String, json: JSONValue)] {
        let order = ["get", "post", "put", "delete"]
        return (document["paths"]?.objectValue ?? [:]).flatMap { path, methods in
            (methods.objectValue ?? [:]).filter { $0.value["tags"]?[0]?.stringValue == tag }.map { (path, $0.key, $0.value) }
        }.sorted { ($0.path, order.firstIndex(of: $0.method) ?? 9) < ($1.path, order.firstIndex(of: $1.method) ?? 9) }
    }

    private func operation(_ path: String, _ method: String, _ json: JSONValue, _ document: JSONValue) -> String {
        var parts = ["#### `\(method.uppercased()) \(path)`", "\(json["summary"]?.stringValue ?? "")."]
        if let details = json["description"]?.stringValue { parts.append(details) }
        let parameters = (json["parameters"]?.arrayValue ?? []).map(parameter)
        if !parameters.isEmpty { parts.append(table(["parameter", "in", "value", "meaning"], parameters)) }
        if let body = json["requestBody"] { parts.append(self.body(body)) }
        if let example = example(json) { parts.append(example) }
        parts.append(table(["status", "response"], responses(json, document)))
        return parts.joined(separator: "\n\n")
    }

    /// A recorded request and its response.
    private func example(_ operation: JSONValue) -> String? {
        let sent = operation["requestBody"]?["content"]?["application/json"]?["example"]
        let received = (operation["responses"]?.objectValue ?? [:]).sorted { $0.key < $1.key }.lazy.filter { $0.key.hasPrefix("2") }
            .compactMap { $0.value["content"]?["application/json"]?["example"] }.first
        let texts = [sent, received].compactMap { $0?.text(pretty: true) }
        return texts.isEmpty ? nil : texts.map { "```json\n\($0)\n```" }.joined(separator: "\n\n")
    }

    private func parameter(_ parameter: JSONValue) -> [String] {
        [
            "`\(parameter["name"]?.stringValue ?? "")`", parameter["in"]?.stringValue ?? "", value(parameter["schema"] ?? .null),
            parameter["description"]?.stringValue ?? "",
        ]
    }

    private func body(_ body: JSONValue) -> String {
        let contents = (body["content"]?.objectValue ?? [:]).sorted { $0.key < $1.key }
        let types = contents.map { type, content in "`\(type)`" + shape(content["schema"] ?? .null) }
        let forms = contents.compactMap { type, content -> String? in
            guard let properties = content["schema"]?["properties"]?.objectValue else { return nil }
            return "`\(type)`:\n\n" + fields(properties, required: content["schema"]?["required"])
        }
        return (["Body: \(types.joined(separator: ", ")). \(body["description"]?.stringValue ?? "")"] + forms).joined(separator: "\n\n")
    }

    /// The specific responses of the operation. Responses of all routes are listed with the conventions.
    private func responses(_ operation: JSONValue, _ document: JSONValue) -> [[String]] {
        (operation["responses"]?.objectValue ?? [:]).sorted { $0.key < $1.key }.compactMap { status, response in
            guard response["$ref"] == nil else { return nil }
            let text = (response["description"]?.stringValue ?? "").replacing("\n\n", with: " ")
            let shapes = (response["content"]?.objectValue ?? [:]).filter { $0.key == "application/json" }.map {
                shape($0.value["schema"] ?? .null)
            }
            let headers = (response["headers"]?.objectValue ?? [:]).keys.filter { $0 != "x-request-id" }.sorted().map { "`\($0)`" }
            return [status, text + shapes.joined() + (headers.isEmpty ? "" : " Headers: \(headers.joined(separator: ", ")).")]
        }
    }

    // MARK: Types

    private func type(named name: String, _ schema: JSONValue) -> String? {
        guard let properties = schema["properties"]?.objectValue else { return nil }
        let description = schema["description"]?.stringValue.map { "\n\n\($0)" } ?? ""
        return "### \(name)\(description)\n\n" + fields(properties, required: schema["required"])
    }

    private func fields(_ properties: [String: JSONValue], required: JSONValue?) -> String {
        let required = Set((required?.arrayValue ?? []).compactMap(\.stringValue))
        return table(
            ["field", "value", "meaning"],
            properties.sorted { $0.key < $1.key }.flatMap { key, schema -> [[String]] in
                let row = [
                    "`\(key)`" + (required.contains(key) ? "" : " (optional)"), value(schema), schema["description"]?.stringValue ?? "",
                ]
                return [row]
                    + nested(schema).map { inner in
                        ["`\(key).\(inner.key)`", value(inner.value), inner.value["description"]?.stringValue ?? ""]
                    }
            })
    }

    private func nested(_ schema: JSONValue) -> [(key: String, value: JSONValue)] {
        guard schema["oneOf"] == nil, schema["items"]?["additionalProperties"] == nil else { return [] }
        return ((schema["properties"] ?? schema["items"]?["properties"])?.objectValue ?? [:]).sorted { $0.key < $1.key }
    }

    private func shape(_ schema: JSONValue) -> String {
        guard let name = schema["$ref"]?.stringValue?.split(separator: "/").last else { return "" }
        return " ([\(name)](#\(name.lowercased())))"
    }

    private func value(_ schema: JSONValue) -> String {
        if let name = schema["$ref"]?.stringValue?.split(separator: "/").last { return "[\(name)](#\(name.lowercased()))" }
        if let choices = schema["enum"]?.arrayValue { return choices.map { "`\($0.stringValue ?? $0.text())`" }.joined(separator: ", ") }
        if let constant = schema["const"] { return "`\(constant.stringValue ?? constant.text())`" }
        if let either = schema["anyOf"]?.arrayValue { return either.map(value).joined(separator: " or ") }
        if let types = schema["type"]?.arrayValue, types.count == 2, types[1] == "null" {
            var other = schema
            other["type"] = types[0]
            return value(other) + " or null"
        }
        let words = [schema["type"]?.stringValue ?? (schema["type"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " or ")]
        let range = [schema["minimum"].map { "from \($0.text())" }, schema["maximum"].map { "to \($0.text())" }].compactMap { $0 }
        let items = schema["items"].map { [" of \(value($0))"] } ?? []
        let fallback = schema["default"].map { [", default `\($0.stringValue ?? $0.text())`"] } ?? []
        return words.joined() + items.joined() + (range.isEmpty ? "" : " " + range.joined(separator: " ")) + fallback.joined()
    }

    private func table(_ heading: [String], _ rows: [[String]]) -> String {
        ([heading, heading.map { _ in "---" }] + rows).map {
            "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        .joined(separator: "\n")
    }
}
