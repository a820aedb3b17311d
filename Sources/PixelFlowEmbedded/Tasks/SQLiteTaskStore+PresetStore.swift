import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: PresetStore {
    package func presets(of tenant: TenantID) async throws -> [Preset] {
        let name = tenant.rawValue
        return try await read(for: tenant) { database in
            try Data.fetchAll(database, sql: "SELECT document FROM preset WHERE tenant = ? ORDER BY name", arguments: [name])
        } decode: {
            $0.compactMap { document in unreadable.value(of: .preset) { try JSONDecoder().decode(Preset.self, from: document) } }
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

    package func put(_ preset: Preset, of tenant: TenantID) async throws -> Bool {
        let tenant = tenant.rawValue
        return try await write(.machine) { tasks in
            let document = try TaskRow.encode(preset)
            try tasks.database.execute(
                sql: "UPDATE preset SET document = ? WHERE tenant = ? AND name = ?", arguments: [document, tenant, preset.name])
            guard tasks.database.changesCount == 0 else { return false }
            try tasks.database.execute(
                sql: "INSERT INTO preset (tenant, name, document) VALUES (?, ?, ?)", arguments: [tenant, preset.name, document])
            return true
        }
    }

    package func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool {
        let tenant = tenant.rawValue
        return try await write(.machine) { tasks in
            try tasks.database.execute(sql: "DELETE FROM preset WHERE tenant = ? AND name = ?", arguments: [tenant, name])
            return tasks.database.changesCount > 0
        }
    }
}
