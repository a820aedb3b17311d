/// Stores the presets of tenants.
package protocol PresetStore: Sendable {
    /// All presets of the tenant, sorted by name.
    func presets(of tenant: TenantID) async throws -> [Preset]
    func preset(_ name: String, of tenant: TenantID) async throws -> Preset?
    /// Adds or replaces a preset.
    ///
    /// - Returns: true if there was none with this name.
    func put(_ preset: Preset, of tenant: TenantID) async throws -> Bool
    /// - Returns: false if there was none with this name.
    func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool
}

/// A pipeline with a name.
package struct Preset: Sendable, Hashable, Codable {
    /// Valid according to `NameRule`.
    package var name: String
    package var pipeline: Pipeline
    /// The lane of tasks that use the preset and do not set their own; nil for the normal one.
    package var lane: Lane?
    package var updatedAt: Timestamp

    package init(name: String, pipeline: Pipeline, lane: Lane? = nil, updatedAt: Timestamp) {
        self.name = name
        self.pipeline = pipeline
        self.lane = lane
        self.updatedAt = updatedAt
    }
}
