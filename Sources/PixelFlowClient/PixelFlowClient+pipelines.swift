import NIOHTTP1
public import WireFormats

extension PixelFlowClient {
    /// The built-in and saved presets, in the order of the service.
    public func presets() async throws -> [Preset] {
        try Fields(await document(Call(.GET, endpoints.api + "/api/presets"))).list("presets", Preset.init)
    }

    public func preset(_ name: String) async throws -> Preset { try Preset(Fields(await document(Call(.GET, url(name))))) }

    /// Saves a pipeline as a preset, replacing an existing one with this name.
    ///
    /// - Parameter priority: the change to the priority of an existing preset. A new preset has none unless one is set.
    public func putPreset(_ name: String, pipeline: JSONValue, priority: Preset.PriorityChange = .keep) async throws -> Preset {
        let query = Path.query([("priority", priority.parameter)])
        return try Preset(Fields(await document(Call(.PUT, url(name) + query, headers: .json, body: .json(pipeline)))))
    }

    public func deletePreset(_ name: String) async throws { try await delete(at: url(name)) }

    /// Validates a pipeline without creating a task.
    public func check(pipeline: JSONValue) async throws -> PipelineCheck {
        // Repeatable, because nothing is stored.
        let call = Call(.POST, endpoints.api + "/api/pipelines/check", headers: .json, body: .json(pipeline), isRepeatable: true)
        return try PipelineCheck(Fields(await document(call)))
    }

    /// The schema of pipelines, as data.
    public func pipelineSchema() async throws -> JSONValue { try await document(Call(.GET, endpoints.api + "/api/pipelines/schema")) }

    private func url(_ name: String) -> String { endpoints.api + "/api" + Path.joined("presets", name) }
}

/// A pipeline with a name.
public struct Preset: Sendable, Hashable {
    public let name: String
    public let pipeline: JSONValue
    /// The priority of tasks that use the preset and do not set their own; nil for that of the API key, or else `normal`.
    public let priority: Upload.Priority?
    /// The complete JSON from the service.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        name = try fields.text("name")
        pipeline = json["pipeline"] ?? .null
        priority = json["priority"]?.stringValue.map(Upload.Priority.init)
    }
}

extension Preset {
    /// How saving a preset changes the priority of tasks that use it and do not set their own.
    public enum PriorityChange: Sendable, Hashable {
        case keep
        case set(Upload.Priority)
        /// Removes it. The priority is then that of the API key, or else `normal`.
        case remove

        fileprivate var parameter: String? {
            switch self {
            case .keep: nil
            case .set(let priority): priority.rawValue
            case .remove: "none"
            }
        }
    }
}

/// The result of the validation of a pipeline.
public struct PipelineCheck: Sendable, Hashable {
    public let isValid: Bool
    /// The pipeline in the form that the service stores, if it is valid.
    public let pipeline: JSONValue?
    public let code: String?
    public let detail: String?
    /// The path of the invalid value.
    public let field: String?

    init(_ fields: Fields) throws {
        isValid = fields.json["valid"]?.boolValue ?? false
        pipeline = fields.json["pipeline"]
        code = fields.json["code"]?.stringValue
        detail = fields.json["detail"]?.stringValue
        field = fields.json["field"]?.stringValue
    }
}
