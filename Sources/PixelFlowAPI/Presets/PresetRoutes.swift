import Foundation
import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// `/api/presets`: saved pipelines with names; the built-in ones are available to everyone.
struct PresetRoutes: Sendable {
    let presets: any PresetStore
    let audit: AuditRecorder
    let clock: any WallClock

    var routes: [Route] {
        [
            Route(
                .get, "/api/presets", id: "listPresets", tag: "presets", "List presets by name", access: .scope(.readTasks),
                responses: [.json(PresetListView.self, "All presets.")], problems: .readingTasks, handler: list),
            Route(
                .get, "/api/presets/{name}", id: "getPreset", tag: "presets", "Read a preset", access: .scope(.readTasks),
                parameters: [Self.name], responses: [.json(PresetView.self, "The preset.")],
                problems: .readingTasks + [Self.notFound], handler: get),
            Route(
                .put, "/api/presets/{name}", id: "putPreset", tag: "presets", "Save a preset",
                details: "The body is a pipeline. An existing preset with this name is replaced; tasks that use it keep their pipeline. An "
                    + "organisation can have \(Preset.limit) presets.",
                access: .scope(.writePresets), parameters: [Self.name, Self.priority.description],
                body: BodyDescription([.json(Pipeline.self)], "The pipeline."),
                responses: [.json(PresetView.self, "The preset is replaced."), .json(.created, PresetView.self, "The preset is new.")],
                problems: .readingTasks + .pipelineErrors + [
                    DeclaredProblem.invalidParameter, .auditLogBusy,
                    DeclaredProblem(.conflict, "too_many_presets", "The organisation has \(Preset.limit) presets, and the name is new."),
                ], handler: put),
            Route(
                .delete, "/api/presets/{name}", id: "deletePreset", tag: "presets", "Delete a preset",
                details: "A built-in preset cannot be deleted; one that was saved under its name can.",
                access: .scope(.writePresets), parameters: [Self.name],
                responses: [.empty(.noContent, "The preset is deleted.")], problems: .readingTasks + [Self.notFound, .auditLogBusy],
                handler: delete),
        ]
    }

    private static let name = ParameterDescription("name", in: .path, .presetName, "The name of the preset.")
    /// What saving a preset does to its existing priority.
    private enum PriorityChange: Sendable {
        case set(Lane), remove

        static let names = Lane.allCases.map(\.rawValue) + ["none"]

        init?(_ name: String) {
            if name == "none" {
                self = .remove
            } else if let lane = Lane(rawValue: name) {
                self = .set(lane)
            } else {
                return nil
            }
        }
    }

    private static let priority = QueryParameter<PriorityChange>(
        "priority", .choice(PriorityChange.names),
        "The priority of tasks that use the preset and name none; `none` for that of the API key, or else `normal`. Without the parameter, "
            + "an existing preset keeps its priority, and a new one has none.",
        expectation: "one of \(PriorityChange.names.joined(separator: ", "))", read: PriorityChange.init)
    private static let notFound = DeclaredProblem(.notFound, "not_found", "There is no preset with this name.")

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let saved = try await presets.presets(of: try context.requirePrincipal().tenant)
        // A saved preset replaces the built-in one of the same name.
        let names = Set(saved.map(\.name))
        let builtIn = BuiltInPresets.all.filter { !names.contains($0.key) }.map { PresetView(name: $0.key, pipeline: $0.value) }
        return try .json(PresetListView(presets: (saved.map(PresetView.init) + builtIn).sorted { $0.name < $1.name }))
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let name = try name(context)
        if let saved = try await presets.preset(name, of: try context.requirePrincipal().tenant) { return try .json(PresetView(saved)) }
        guard let builtIn = BuiltInPresets.all[name] else { throw PixelFlowError.notFound("preset") }
        return try .json(PresetView(name: name, pipeline: builtIn))
    }

    /// The body is a pipeline.
    @Sendable private func put(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let name = try name(context)
        guard NameRule.allows(name) else {
            throw PixelFlowError.invalid("name", "The name must be 1 to 64 of a-z, 0-9, - and _.")
        }
        let change = try Self.priority.value(in: request.query)
        let body = try await request.collectBody(limit: 256 * 1024)
        let pipeline = try Pipeline(validating: Data(body.readableBytesView))
        let tenant = try context.requirePrincipal().tenant
        var preset = Preset(name: name, pipeline: pipeline, updatedAt: clock.now())
        if case .set(let lane) = change { preset.lane = lane }
        let outcome = try await audit.record(
            .presetSaved, on: name, request, context, outcome: { .done($0.isNew ? "created" : "replaced") },
            { [preset] in try await presets.put(preset, of: tenant, keepingLane: change == nil) })
        return try .json(PresetView(outcome.preset), status: outcome.isNew ? .created : .ok)
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let (name, tenant) = (try name(context), try context.requirePrincipal().tenant)
        try await audit.record(.presetDeleted, on: name, detail: name, request, context) {
            guard try await presets.removePreset(name, of: tenant) else { throw PixelFlowError.notFound("preset") }
        }
        return Response(status: .noContent)
    }

    private func name(_ context: AppRequestContext) throws -> String {
        guard let name = context.parameters.get("name") else { throw PixelFlowError.notFound("preset") }
        return name
    }
}

private struct PresetListView: Codable {
    let presets: [PresetView]
}

private struct PresetView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Preset"
    static let annotations: [String: SchemaAnnotation] = [
        "name": .init("Names the preset in uploads.", schema: .presetName), "pipeline": "The pipeline of the preset.",
        "priority": .init(
            "That of tasks that use the preset and name none; absent for that of the API key, or else `normal`.", schema: .priority),
        "built_in": "Whether it comes with PixelFlow.",
        "updated_at": .init("RFC 3339; absent for one that is built in.", ["format": "date-time"]),
    ]

    let name: String
    let pipeline: Pipeline
    let priority: Lane?
    let isBuiltIn: Bool
    let updatedAt: String?

    init(name: String, pipeline: Pipeline) {
        self.name = name
        self.pipeline = pipeline
        priority = nil
        isBuiltIn = true
        updatedAt = nil
    }

    init(_ preset: Preset) {
        name = preset.name
        pipeline = preset.pipeline
        priority = preset.lane
        isBuiltIn = false
        updatedAt = preset.updatedAt.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case name, pipeline, priority
        case isBuiltIn = "built_in"
        case updatedAt = "updated_at"
    }
}
