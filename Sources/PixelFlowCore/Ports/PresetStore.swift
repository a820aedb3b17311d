/// Keeps the pipelines that a tenant has saved by name.
package protocol PresetStore: Sendable {
    /// All presets of the tenant, by name.
    func presets(of tenant: TenantID) async throws -> [Preset]
    func preset(_ name: String, of tenant: TenantID) async throws -> Preset?
    /// Adds or replaces.
    ///
    /// - Returns: true if there was none of that name.
    func put(_ preset: Preset, of tenant: TenantID) async throws -> Bool
    /// - Returns: false if there was none of that name.
    func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool
}

/// A pipeline with a name.
package struct Preset: Sendable, Hashable, Codable {
    /// As `NameRule` allows it.
    package var name: String
    package var pipeline: Pipeline
    /// The lane of tasks that use the preset and name none; nil for the normal one.
    package var lane: Lane?
    package var updatedAt: Timestamp

    package init(name: String, pipeline: Pipeline, lane: Lane? = nil, updatedAt: Timestamp) {
        self.name = name
        self.pipeline = pipeline
        self.lane = lane
        self.updatedAt = updatedAt
    }
}
