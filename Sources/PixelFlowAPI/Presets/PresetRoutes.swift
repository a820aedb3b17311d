import Foundation
import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP

/// `/api/presets`: pipelines saved by name; the built-in ones are there for everyone.
struct PresetRoutes: Sendable {
    let presets: any PresetStore
    let clock: any WallClock

    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("presets", use: list)
        router.get("presets/:name", use: get)
        router.put("presets/:name", use: put)
        router.delete("presets/:name", use: delete)
    }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let saved = try await presets.presets(of: try context.requirePrincipal().tenant)
        // A saved preset takes the place of the built-in one of its name.
        let names = Set(saved.map(\.name))
        let builtIn = BuiltInPresets.all.filter { !names.contains($0.key) }.map { PresetView(name: $0.key, pipeline: $0.value) }
        return try .json(["presets": (saved.map(PresetView.init) + builtIn).sorted { $0.name < $1.name }])
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
        let body = try await request.collectBody(limit: 256 * 1024)
        let pipeline = try Pipeline(validating: Data(body.readableBytesView))
        let preset = Preset(name: name, pipeline: pipeline, updatedAt: clock.now())
        let isNew = try await presets.put(preset, of: try context.requirePrincipal().tenant)
        return try .json(PresetView(preset), status: isNew ? .created : .ok)
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard try await presets.removePreset(try name(context), of: try context.requirePrincipal().tenant) else {
            throw PixelFlowError.notFound("preset")
        }
        return Response(status: .noContent)
    }

    private func name(_ context: AppRequestContext) throws -> String {
        guard let name = context.parameters.get("name") else { throw PixelFlowError.notFound("preset") }
        return name
    }
}

private struct PresetView: Encodable {
    let name: String
    let pipeline: Pipeline
    let isBuiltIn: Bool
    let updatedAt: String?

    init(name: String, pipeline: Pipeline) {
        self.name = name
        self.pipeline = pipeline
        isBuiltIn = true
        updatedAt = nil
    }

    init(_ preset: Preset) {
        name = preset.name
        pipeline = preset.pipeline
        isBuiltIn = false
        updatedAt = preset.updatedAt.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case name, pipeline
        case isBuiltIn = "built_in"
        case updatedAt = "updated_at"
    }
}
