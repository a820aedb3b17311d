package import PixelFlowCore

extension MongoTaskStore: PresetStore {
    /// A tenant has a few dozen presets; those beyond this limit are not listed.
    private static let listLimit = 10_000

    package func presets(of tenant: TenantID) async throws -> [Preset] {
        try await reading(for: tenant) {
            try await tasks.readable(.preset, limit: Self.listLimit, PresetDocument.preset) {
                try await tasks.rows(
                    .presets, in: PresetDocument.collection, where: ["tenant": .string(tenant.rawValue)], sort: ["name": 1], limit: $0)
            }
        }
    }

    package func preset(_ name: String, of tenant: TenantID) async throws -> Preset? {
        try await reading(for: tenant) {
            try tasks.one(
                try await tasks.rows(.presets, in: PresetDocument.collection, where: PresetDocument.filter(name, tenant), limit: 1),
                PresetDocument.preset)
        }
    }

    package func put(_ preset: Preset, of tenant: TenantID, keepingLane: Bool) async throws -> PresetOutcome {
        let filter = PresetDocument.filter(preset.name, tenant)
        let (fields, lane) = (try PresetDocument.fields(of: preset, tenant), PresetDocument.lane(of: preset))
        let (set, setOnInsert) = keepingLane ? (fields, lane) : (BSONDocument(fields.fields + lane.fields), [:])
        while true {
            try Task.checkCancellation()
            let wasAdded = try await tasks.upsert(.presets, in: PresetDocument.collection, where: filter, set, setOnInsert: setOnInsert)
            guard let wasAdded else { continue }
            var stored = preset
            if keepingLane, !wasAdded {
                let rows = try await tasks.rows(
                    .presets, in: PresetDocument.collection, where: filter, limit: 1, fields: [PresetDocument.lane])
                stored.lane = rows.first.flatMap(PresetDocument.lane(of:))
            }
            return PresetOutcome(stored, isNew: wasAdded)
        }
    }

    package func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool {
        try await tasks.delete(.presets, in: PresetDocument.collection, where: PresetDocument.filter(name, tenant))
    }
}
