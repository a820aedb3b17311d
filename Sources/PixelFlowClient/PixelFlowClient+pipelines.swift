import NIOHTTP1
public import WireFormats

extension PixelFlowClient {
    /// The built-in and the saved presets, as the service lists them.
    public func presets() async throws -> [Preset] {
        try Fields(await document(Call(.GET, endpoints.api + "/api/presets"))).list("presets", Preset.init)
    }

    public func preset(_ name: String) async throws -> Preset { try Preset(Fields(await document(Call(.GET, url(name))))) }

    /// Saves a pipeline under a name, in the place of what had it before.
    ///
    /// - Parameter priority: what becomes of the priority that a preset of this name has; a new one has none unless one is set.
    public func putPreset(_ name: String, pipeline: JSONValue, priority: Preset.PriorityChange = .keep) async throws -> Preset {
        let query = Path.query([("priority", priority.parameter)])
        return try Preset(Fields(await document(Call(.PUT, url(name) + query, headers: .json, body: .json(pipeline)))))
    }

    public func deletePreset(_ name: String) async throws { try await delete(at: url(name)) }

    /// Whether a pipeline is valid, without a task.
    public func check(pipeline: JSONValue) async throws -> PipelineCheck {
        // Nothing is stored, so that it may be asked twice.
        let call = Call(.POST, endpoints.api + "/api/pipelines/check", headers: .json, body: .json(pipeline), isRepeatable: true)
        return try PipelineCheck(Fields(await document(call)))
    }

    /// What a pipeline may say, as data.
    public func pipelineSchema() async throws -> JSONValue { try await document(Call(.GET, endpoints.api + "/api/pipelines/schema")) }

    private func url(_ name: String) -> String { endpoints.api + "/api" + Path.joined("presets", name) }
}

/// A pipeline with a name.
public struct Preset: Sendable, Hashable {
    public let name: String
    public let pipeline: JSONValue
    /// Of tasks that use the preset and name none; nil for that of the API key, or else the normal one.
    public let priority: Upload.Priority?
    /// All that the service says.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        name = try fields.text("name")
        pipeline = json["pipeline"] ?? .null
        priority = json["priority"]?.stringValue.map(Upload.Priority.init)
    }
}

extension Preset {
    /// What saving does to the priority of tasks that use the preset and name none.
    public enum PriorityChange: Sendable, Hashable {
        case keep
        case set(Upload.Priority)
        /// From then on it is that of the API key, or else the normal one.
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

/// What the service thinks of a pipeline.
public struct PipelineCheck: Sendable, Hashable {
    public let isValid: Bool
    /// In the form in which the service keeps it, if it is valid.
    public let pipeline: JSONValue?
    public let code: String?
    public let detail: String?
    /// The path of the value that is wrong.
    public let field: String?

    init(_ fields: Fields) throws {
        isValid = fields.json["valid"]?.boolValue ?? false
        pipeline = fields.json["pipeline"]
        code = fields.json["code"]?.stringValue
        detail = fields.json["detail"]?.stringValue
        field = fields.json["field"]?.stringValue
    }
}
