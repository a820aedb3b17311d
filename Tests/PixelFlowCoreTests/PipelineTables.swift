import Foundation
import WireFormats

@testable import PixelFlowCore

/// Generates the tables in docs/pipelines.md from the schema.
struct PipelineTables {
    private let schema: [String: JSONValue]

    init() { schema = PipelineSchema.json.members }

    var operations: String {
        let rows = schema.list("operations").flatMap { operation in
            let rules = operation.list("rules").map { " " + ruled($0) }.joined()
            return ["| `\(operation.text("name"))` | | | | \(operation.text("summary"))\(rules) |"]
                + operation.list("parameters").map { "| | \(row($0)) |" }
        }
        return (["| `op` | parameter | value | default | meaning |", "| --- | --- | --- | --- | --- |"] + rows).joined(separator: "\n")
    }

    var outputs: String {
        let rows = schema["output", default: .null].members.list("parameters").map { "| \(row($0)) |" }
        let name = "| `name` | 1 to 64 of `a-z`, `0-9`, `-`, `_` | required | unique in its pipeline |"
        return (["| field | value | default | meaning |", "| --- | --- | --- | --- |", name] + rows).joined(separator: "\n")
    }

    private func row(_ parameter: [String: JSONValue]) -> String {
        let value =
            parameter["required"] == .bool(true) ? "required" : parameter["default"].map { "`\($0.word)`" } ?? ""
        let effect = parameter["when"].map { "; has an effect only if \(condition($0.members))" } ?? ""
        return "`\(parameter.text("name"))` | \(values(of: parameter)) | \(value) | \(parameter.text("summary"))\(effect)"
    }

    private func values(of parameter: [String: JSONValue]) -> String {
        switch parameter.text("type") {
        case "integer", "number":
            let unit = parameter["unit"].map { $0 == "°" ? "°" : " \($0.word)" } ?? ""
            return "\(parameter.text("minimum")) to \(parameter.text("maximum"))\(unit)"
        case "flag": return "`true`, `false`"
        case "choice": return parameter.list("choices").map { "`\($0.text("value"))`" }.joined(separator: ", ")
        case "color": return "a colour"
        case "position": return "a position" + (parameter["smart"] == .bool(true) ? ", `attention`, `entropy`" : "")
        case "task": return "the id of a task"
        default: return parameter.text("type")
        }
    }

    private func condition(_ condition: [String: JSONValue]) -> String {
        let name = "`\(condition.text("parameter"))`"
        if let divisor = condition["no_multiple_of"] { return "\(name) is not a multiple of \(divisor.word)" }
        return "\(name) is \(condition.words("one_of").joined(separator: " or "))"
    }

    private func ruled(_ rule: [String: JSONValue]) -> String {
        if rule["excludes"] != nil {
            return "`\(rule.text("excludes"))` must be omitted if \(rule.words("by").joined(separator: " or ")) is given."
        }
        return "At least one of \(rule.words("requires_one_of").joined(separator: " and ")) must be given."
    }
}

extension JSONValue {
    fileprivate var members: [String: JSONValue] { if case .object(let members) = self { members } else { [:] } }
    fileprivate var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

    fileprivate var word: String {
        switch self {
        case .string(let text): text
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .null, .array, .object: ""
        }
    }
}

extension [String: JSONValue] {
    fileprivate func text(_ key: String) -> String { self[key]?.word ?? "" }
    fileprivate func list(_ key: String) -> [[String: JSONValue]] { self[key]?.elements.map(\.members) ?? [] }
    fileprivate func words(_ key: String) -> [String] { self[key]?.elements.map { "`\($0.word)`" } ?? [] }
}
