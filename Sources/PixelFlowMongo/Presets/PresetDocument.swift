import PixelFlowCore

/// A preset in the collection `preset`.
enum PresetDocument {
    static let collection = "preset"

    /// Names contain no slash, so ids are unique.
    static func filter(_ name: String, _ tenant: TenantID) -> BSONDocument { ["_id": .string("\(tenant)/\(name)")] }

    static let lane = "lane"

    /// All fields except the lane, which a change of the pipeline alone keeps.
    static func fields(of preset: Preset, _ tenant: TenantID) throws -> BSONDocument {
        [
            "tenant": .string(tenant.rawValue), "name": .string(preset.name),
            "pipeline": .string(try PipelineText.encode(preset.pipeline)), "updated_at": .time(preset.updatedAt),
        ]
    }

    static func lane(of preset: Preset) -> BSONDocument { [lane: preset.lane.map { .string($0.rawValue) } ?? .null] }

    /// A lane that only a newer version knows counts as none.
    static func lane(of document: BSONDocument) -> Lane? { document[lane]?.string.flatMap(Lane.init(rawValue:)) }

    static func preset(_ document: BSONDocument) throws -> Preset {
        let fields = FieldsOfDocument(document)
        return Preset(
            name: try fields.string("name"), pipeline: try PipelineText.decode(try fields.string("pipeline")),
            lane: lane(of: document), updatedAt: try fields.time("updated_at"))
    }
}
