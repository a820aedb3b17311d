import OpenAPI
import PixelFlowCore
import WireFormats

/// JSON Schemas of pipelines, generated from the declarations of their operations.
enum PipelineJSONSchema {
    static let pipeline = JSONSchema.object(
        [
            "outputs": .array(of: output, count: 1...limit("outputs")).described("The outputs to produce, each with a unique name.")
        ], required: ["outputs"], isClosed: true
    ).described(
        "At most \(limit("bytes")) bytes of canonical JSON. Its watermarks name at most \(limit("watermarks")) different images. A member that "
            + "is null counts as absent.")

    private static let document = PipelineSchema.json

    private static func limit(_ name: String) -> Int { document["limits"]?[name]?.intValue ?? 0 }

    private static let output = JSONSchema.object(
        options.merging([
            "name": .presetName.described("Unique within the pipeline."),
            "operations": .array(of: .one(of: operations), count: 0...limit("operations")).described("Applied in this order."),
        ]) { $1 }, required: ["name"], isClosed: true)

    private static let options = members(document["output"]?["parameters"])

    private static let operations: [JSONSchema] = (document["operations"]?.arrayValue ?? []).map { operation in
        let parameters = members(operation["parameters"])
        let required = (operation["parameters"]?.arrayValue ?? []).filter { $0["required"]?.boolValue == true }.compactMap {
            $0["name"]?.stringValue
        }
        let schema = JSONSchema.object(
            parameters.merging(["op": .constant(operation["name"] ?? .null)]) { $1 }, required: required + ["op"], isClosed: true)
        let rules = (operation["rules"]?.arrayValue ?? []).compactMap(rule)
        return schema.with("title", operation["label"]).with("description", operation["summary"])
            .with("allOf", rules.isEmpty ? nil : .array(rules))
    }

    private static func members(_ parameters: JSONValue?) -> [String: JSONSchema] {
        Dictionary(
            (parameters?.arrayValue ?? []).compactMap { parameter in parameter["name"]?.stringValue.map { ($0, schema(parameter)) } }
        ) { first, _ in first }
    }

    private static func schema(_ parameter: JSONValue) -> JSONSchema {
        let schema: JSONSchema =
            switch parameter["type"]?.stringValue {
            case "integer", "number":
                JSONSchema(["type": parameter["type"] ?? .null]).with("minimum", parameter["minimum"]).with("maximum", parameter["maximum"])
            case "flag": .boolean
            case "choice": .choice((parameter["choices"]?.arrayValue ?? []).compactMap { $0["value"]?.stringValue })
            case "task": TaskID.schema
            default: .string()
            }
        return schema.with("title", parameter["label"]).with("description", parameter["summary"]).with("default", parameter["default"])
    }

    private static func rule(_ rule: JSONValue) -> JSONValue? {
        if let keys = rule["requires_one_of"]?.arrayValue { return ["anyOf": .array(keys.map { ["required": [$0]] })] }
        if let key = rule["excludes"], let others = rule["by"]?.arrayValue {
            return ["not": ["required": [key], "anyOf": .array(others.map { ["required": [$0]] })]]
        }
        return nil
    }
}

extension JSONSchema {
    /// The document of `GET /api/pipelines/schema`.
    static let pipelineSchema = JSONSchema.object(
        [
            "operations": .array(
                of: .object(["name": .string(), "label": .string(), "summary": .string(), "parameters": .array(of: parameter)])),
            "output": .object(["parameters": .array(of: parameter)]), "limits": .map(of: .integer()),
        ], required: ["operations", "output", "limits"])

    private static let parameter = JSONSchema.object(
        ["name": .string(), "type": .choice(["integer", "number", "flag", "choice", "color", "position", "task"]), "required": .boolean],
        required: ["name", "type"])
}
