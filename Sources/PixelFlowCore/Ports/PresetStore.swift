/// Stores the presets of tenants.
package protocol PresetStore: Sendable {
    /// All presets of the tenant, sorted by name.
    func presets(of tenant: TenantID) async throws -> [Preset]
    func preset(_ name: String, of tenant: TenantID) async throws -> Preset?
    /// Adds or replaces a preset.
    ///
    /// - Parameter keepingLane: whether a replaced preset keeps its lane; the lane of `preset` then applies only to a new one.
    func put(_ preset: Preset, of tenant: TenantID, keepingLane: Bool) async throws -> PresetOutcome
    /// - Returns: false if there was none with this name.
    func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool
}

extension PresetStore {
    /// Adds or replaces, with the lane that is given.
    ///
    /// - Returns: true if there was none of that name.
    package func put(_ preset: Preset, of tenant: TenantID) async throws -> Bool {
        try await put(preset, of: tenant, keepingLane: false).isNew
    }
}

/// What has become of a preset that was put.
package struct PresetOutcome: Sendable, Hashable {
    /// As it is stored.
    package var preset: Preset
    /// Whether there was none of that name.
    package var isNew: Bool

    package init(_ preset: Preset, isNew: Bool) {
        self.preset = preset
        self.isNew = isNew
    }
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
