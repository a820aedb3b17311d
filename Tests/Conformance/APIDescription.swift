package import WireFormats

/// Checks the API description of a service, beyond being valid OpenAPI.
package struct APIDescription {
    private typealias Operation = (path: String, method: String, json: JSONValue)

    private let document: JSONValue

    package init(_ document: JSONValue) { self.document = document }

    /// Path templates.
    package var paths: Set<String> { Set((document["paths"]?.objectValue ?? [:]).keys) }

    /// Methods in uppercase.
    package func methods(of path: String) -> Set<String> {
        Set((document["paths"]?[path]?.objectValue ?? [:]).keys.map { $0.uppercased() })
    }

    /// What is missing: descriptions of operations and fields, parameters of paths, codes of problems.
    package var faults: [String] {
        var all = operations.flatMap(faults(of:)) + components.flatMap { faults(of: $0.key, $0.value) }
        if document["openapi"] != "3.1.0" { all.append("no OpenAPI 3.1.0") }
        if operations.count < 5 { all.append("hardly any operation") }
        if components["Problem"] == nil { all.append("no schema of problems") }
        return all.sorted()
    }

    private var operations: [Operation] {
        (document["paths"]?.objectValue ?? [:]).flatMap { path, methods in (methods.objectValue ?? [:]).map { (path, $0.key, $0.value) } }
    }

    private var components: [String: JSONValue] { document["components"]?["schemas"]?.objectValue ?? [:] }

    private func faults(of name: String, _ schema: JSONValue) -> [String] {
        // RFC 7517 describes the members of a key.
        guard name != "JSONWebKeySet" else { return [] }
        return (schema["properties"]?.objectValue ?? [:]).compactMap { key, property in
            property["description"]?.stringValue?.isEmpty == false ? nil : "\(name).\(key) is not described"
        }
    }

    private func faults(of operation: Operation) -> [String] {
        var faults: [String] = []
        let summary = operation.json["summary"]?.stringValue ?? ""
        if summary.isEmpty || summary.hasSuffix(".") || summary.utf8.count > 80 { faults.append("no line for a summary") }
        let parameters = operation.json["parameters"]?.arrayValue ?? []
        let inPath = parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.stringValue }
        let template = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        if Set(inPath) != Set(template) { faults.append("parameters \(inPath)") }
        for (status, stated) in operation.json["responses"]?.objectValue ?? [:] {
            let name = stated["$ref"]?.stringValue?.split(separator: "/").last
            let response = name.flatMap { document["components"]?["responses"]?[String($0)] } ?? stated
            if response["headers"]?["x-request-id"] == nil { faults.append("\(status) without x-request-id") }
            guard let problem = response["content"]?["application/problem+json"] else { continue }
            let codes = problem["schema"]?["allOf"]?[1]?["properties"]?["code"]?["enum"]?.arrayValue ?? []
            if codes.isEmpty { faults.append("\(status) without codes") }
        }
        return faults.map { "\(operation.method) \(operation.path): \($0)" }
    }
}
