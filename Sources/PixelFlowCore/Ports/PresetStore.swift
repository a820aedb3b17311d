/// Stores the presets of tenants.
package protocol PresetStore: Sendable {
    /// The presets of the tenant, sorted by name; at most `Preset.limit`.
    func presets(of tenant: TenantID) async throws -> [Preset]
    func preset(_ name: String, of tenant: TenantID) async throws -> Preset?
    /// Adds or replaces a preset.
    ///
    /// - Parameter keepingLane: whether a replaced preset keeps its lane; the lane of `preset` then applies only to a new one.
    /// - Throws: `too_many_presets` if it would be new and the tenant has `Preset.limit` already. Concurrent additions may exceed the limit
    ///   slightly.
    func put(_ preset: Preset, of tenant: TenantID, keepingLane: Bool) async throws -> PresetOutcome
    /// - Returns: false if there was none with this name.
    func removePreset(_ name: String, of tenant: TenantID) async throws -> Bool
    /// Removes at most `limit` presets of the tenant, including those that only a newer version can read.
    ///
    /// - Returns: the number of removed presets.
    func removePresets(of tenant: TenantID, limit: Int) async throws -> Int
}

extension PresetStore {
    /// Adds or replaces a preset with this lane.
    ///
    /// - Returns: whether the preset is new.
    package func put(_ preset: Preset, of tenant: TenantID) async throws -> Bool {
        try await put(preset, of: tenant, keepingLane: false).isNew
    }
}

/// The outcome of storing a preset.
package struct PresetOutcome: Sendable, Hashable {
    /// The preset as stored.
    package var preset: Preset
    /// Whether the preset is new.
    package var isNew: Bool

    package init(_ preset: Preset, isNew: Bool) {
        self.preset = preset
        self.isNew = isNew
    }
}

/// A pipeline with a name.
package struct Preset: Sendable, Hashable, Codable {
    /// The maximum number of presets of a tenant. Bounds what a list reads: with the largest pipelines, 8 MiB.
    package static let limit = 500

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

extension PixelFlowError {
    /// The tenant has `Preset.limit` presets (409).
    package static let tooManyPresets = PixelFlowError(
        .conflict, code: "too_many_presets",
        "An organisation can have at most \(Preset.limit) presets. Delete one that is not needed, or replace it.")
}
