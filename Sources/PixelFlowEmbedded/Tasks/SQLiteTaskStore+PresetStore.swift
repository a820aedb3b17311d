import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: PresetStore {
    package func presets(of tenant: TenantID) async throws -> [Preset] {
        let name = tenant.rawValue
        return try await UnreadableRows.page(limit: Preset.limit) { limit in
            try await read(for: tenant) { database in
                try Data.fetchAll(
                    database, sql: "SELECT document FROM preset WHERE tenant = ? ORDER BY name LIMIT ?", arguments: [name, limit])
            } decode: {
                $0.map { document in unreadable.value(of: .preset) { try JSONDecoder().decode(Preset.self, from: document) } }
            }
        }
    }

    package func preset(_ name: String, of tenant: TenantID) async throws -> Preset? {
        let owner = tenant.rawValue
        return try await read(for: tenant) { database in
            try Data.fetchOne(database, sql: "SELECT document FROM preset WHERE tenant = ? AND name = ?", arguments: [owner, name])
        } decode: {
            try Self.readable { [document = $0] in try document.map { try JSONDecoder().decode(Preset.self, from: $0) } }
        }
    }

    package func put(_ preset: Preset, of tenant: TenantID, keepingLane: Bool) async throws -> PresetOutcome {
        let tenant = tenant.rawValue
        return try await write(.machine) { tasks in
            let replaced = try Data.fetchOne(
                tasks.database, sql: "SELECT document FROM preset WHERE tenant = ? AND name = ?", arguments: [tenant, preset.name])
            if replaced == nil {
                let count = try Int.fetchOne(
                    tasks.database, sql: "SELECT COUNT(*) FROM (SELECT 1 FROM preset WHERE tenant = ? LIMIT ?)",
                    arguments: [tenant, Preset.limit])
                if let count, count >= Preset.limit { throw PixelFlowError.tooManyPresets }
            }
            var stored = preset
            if let replaced, keepingLane { stored.lane = try JSONDecoder().decode(PresetLane.self, from: replaced).lane }
            try tasks.database.execute(
                sql: "INSERT OR REPLACE INTO preset (tenant, name, document) VALUES (?, ?, ?)",
                arguments: [tenant, preset.name, try TaskRow.encode(stored)])
            return PresetOutcome(stored, isNew: replaced == nil)
        }
    }

    package func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool {
        let tenant = tenant.rawValue
        return try await write(.machine) { tasks in
            try tasks.database.execute(sql: "DELETE FROM preset WHERE tenant = ? AND name = ?", arguments: [tenant, name])
            return tasks.database.changesCount > 0
        }
    }

    package func removePresets(of tenant: TenantID, limit: Int) async throws -> Int {
        try await removeSome(from: "preset", key: "tenant, name", of: tenant, limit: limit)
    }
}

/// That member of a preset, whatever the others are. A lane that only a newer version knows counts as none.
private struct PresetLane: Decodable {
    let lane: Lane?

    private enum CodingKeys: CodingKey { case lane }

    init(from decoder: any Decoder) throws {
        lane = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .lane).flatMap(Lane.init(rawValue:))
    }
}
