package import PixelFlowCore

extension MongoTaskStore: PresetStore {
    package func presets(of tenant: TenantID) async throws -> [Preset] {
        try await reading(for: tenant) {
            try await tasks.readable(.preset, limit: Preset.limit, PresetDocument.preset) {
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
        try await requireRoom(for: filter, tenant)
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

    /// - Throws: `too_many_presets` if the preset does not exist, and the tenant has no room for another one.
    private func requireRoom(for preset: BSONDocument, _ tenant: TenantID) async throws {
        func count(_ filter: BSONDocument, limit: Int) async throws -> Int {
            try await tasks.rows(.presets, in: PresetDocument.collection, where: filter, limit: limit, fields: ["_id"]).count
        }
        guard try await count(["tenant": .string(tenant.rawValue)], limit: Preset.limit) == Preset.limit else { return }
        guard try await count(preset, limit: 1) == 1 else { throw PixelFlowError.tooManyPresets }
    }

    package func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool {
        try await tasks.delete(.presets, in: PresetDocument.collection, where: PresetDocument.filter(name, tenant))
    }

    package func removePresets(of tenant: TenantID, limit: Int) async throws -> Int {
        try await tasks.deleteSome(.presets, in: PresetDocument.collection, where: ["tenant": .string(tenant.rawValue)], limit: limit)
    }
}
