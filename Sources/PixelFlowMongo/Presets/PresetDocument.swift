import PixelFlowCore

/// A preset in the collection `preset`.
enum PresetDocument {
    static let collection = "preset"

    /// Names contain no slash, so ids are unique.
    static func filter(_ name: String, _ tenant: TenantID) -> BSONDocument { ["_id": .string("\(tenant)/\(name)")] }

    static func fields(of preset: Preset, _ tenant: TenantID) throws -> BSONDocument {
        var document: BSONDocument = [
            "tenant": .string(tenant.rawValue), "name": .string(preset.name),
            "pipeline": .string(try PipelineText.encode(preset.pipeline)), "updated_at": .time(preset.updatedAt),
        ]
        document["lane"] = preset.lane.map { .string($0.rawValue) } ?? .null
        return document
    }

    static func preset(_ document: BSONDocument) throws -> Preset {
        let fields = FieldsOfDocument(document)
        return Preset(
            name: try fields.string("name"), pipeline: try PipelineText.decode(try fields.string("pipeline")),
            lane: fields["lane"]?.string.flatMap(Lane.init(rawValue:)),
            updatedAt: try fields.time("updated_at"))
    }
}
