package import PixelFlowCore

/// The rules of `PresetStore`, checked only through the port.
package struct PresetStoreConformance: Sendable {
    let store: any PresetStore

    package init(store: any PresetStore) { self.store = store }

    /// All rules.
    package static let cases: [ConformanceCase<PresetStoreConformance>] = [
        ConformanceCase("presets: put adds or replaces, and reports which") { try await $0.putAddsAndReplaces() },
        ConformanceCase("presets: put keeps the lane if requested, also under concurrency") { try await $0.putKeepsLanes() },
        ConformanceCase("presets: listed by name") { try await $0.listedByName() },
        ConformanceCase("presets: of two tenants do not meet") { try await $0.tenantsDoNotMeet() },
        ConformanceCase("presets: removed once") { try await $0.removedOnce() },
        ConformanceCase("presets: a new one is refused at the limit, and others can still be replaced") { try await $0.limited() },
        ConformanceCase("presets: of 20 racing additions one is the first") { try await $0.oneIsTheFirst() },
    ]

    private static let tenant = TenantID("tenant-a")
    private static let stranger = TenantID("tenant-b")

    func putAddsAndReplaces() async throws {
        try requireEqual(try await store.preset("shop", of: Self.tenant), nil, "before")
        try requireEqual(try await store.put(preset("shop", quality: 70), of: Self.tenant), true, "new")
        try requireEqual(try await store.preset("shop", of: Self.tenant), preset("shop", quality: 70), "added")
        try requireEqual(try await store.put(preset("shop", quality: 90), of: Self.tenant), false, "new the second time")
        try requireEqual(try await store.preset("shop", of: Self.tenant), preset("shop", quality: 90), "replaced")
    }

    func putKeepsLanes() async throws {
        let store = store
        func put(_ lane: Lane?, quality: Int, keeping: Bool) async throws -> PresetOutcome {
            var preset = preset("shop", quality: quality)
            preset.lane = lane
            let outcome = try await store.put(preset, of: Self.tenant, keepingLane: keeping)
            try requireEqual(try await store.preset("shop", of: Self.tenant), outcome.preset, "stored session")
            try requireEqual(outcome.preset.pipeline, preset.pipeline, "the pipeline")
            return outcome
        }
        let added = try await put(.low, quality: 70, keeping: true)
        try requireEqual([added.isNew, added.preset.lane == .low], [true, true], "a new one has the lane that is given")
        let kept = try await put(nil, quality: 71, keeping: true)
        try requireEqual([kept.isNew, kept.preset.lane == .low], [false, true], "kept")
        try requireEqual(try await put(.high, quality: 72, keeping: false).preset.lane, .high, "set")
        try requireEqual(try await put(.low, quality: 73, keeping: true).preset.lane, .high, "kept again")
        try requireEqual(try await put(nil, quality: 74, keeping: false).preset.lane, nil, "removed")
        try requireEqual(try await put(nil, quality: 75, keeping: true).preset.lane, nil, "none is kept")

        let (low, plain) = (lane(.low), preset("shop"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    if number == 20 {
                        _ = try await store.put(low, of: Self.tenant)
                    } else {
                        _ = try await store.put(plain, of: Self.tenant, keepingLane: true)
                    }
                }
            }
            try await group.waitForAll()
        }
        try requireEqual(try await store.preset("shop", of: Self.tenant)?.lane, .low, "the lane that was set in between")
    }

    private func lane(_ lane: Lane) -> Preset {
        var preset = preset("shop")
        preset.lane = lane
        return preset
    }

    func listedByName() async throws {
        try requireEqual(try await store.presets(of: Self.tenant), [], "before")
        for name in ["zebra", "ant_2", "ant-1", "mouse"] { _ = try await store.put(preset(name), of: Self.tenant) }
        try requireEqual(try await store.presets(of: Self.tenant).map(\.name), ["ant-1", "ant_2", "mouse", "zebra"], "names")
    }

    func tenantsDoNotMeet() async throws {
        _ = try await store.put(preset("shop", quality: 70), of: Self.tenant)
        try requireEqual(try await store.preset("shop", of: Self.stranger), nil, "a stranger's view")
        try requireEqual(try await store.presets(of: Self.stranger), [], "a stranger's list")
        try requireEqual(try await store.removePreset("shop", of: Self.stranger), false, "a stranger's removal")
        try requireEqual(try await store.put(preset("shop", quality: 90), of: Self.stranger), true, "a stranger's addition")
        try requireEqual(try await store.preset("shop", of: Self.tenant), preset("shop", quality: 70), "mine")
    }

    func removedOnce() async throws {
        _ = try await store.put(preset("shop"), of: Self.tenant)
        try requireEqual(try await store.removePreset("shop", of: Self.tenant), true, "first removal")
        try requireEqual(try await store.removePreset("shop", of: Self.tenant), false, "second removal")
        try requireEqual(try await store.preset("shop", of: Self.tenant), nil, "afterwards")
        try requireEqual(try await store.put(preset("shop"), of: Self.tenant), true, "new again")
    }

    func limited() async throws {
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...Preset.limit {
                // bounded: by the store, which completes each call.
                if number > 32 { _ = try await group.next() }
                group.addTask { _ = try await store.put(preset("preset-\(number)"), of: Self.tenant) }
            }
            try await group.waitForAll()
        }
        try await requireRefusal(.conflict, "a new one at the limit") { _ = try await store.put(preset("another"), of: Self.tenant) }
        try requireEqual(try await store.preset("another", of: Self.tenant), nil, "the refused one")
        try requireEqual(try await store.put(preset("preset-1", quality: 70), of: Self.tenant), false, "new, of one that is replaced")
        try requireEqual(try await store.presets(of: Self.tenant).count, Preset.limit, "the list")
        try requireEqual(try await store.put(preset("another"), of: Self.stranger), true, "new, of a stranger's")
        _ = try await store.removePreset("preset-2", of: Self.tenant)
        try requireEqual(try await store.put(preset("another"), of: Self.tenant), true, "new, after a removal")
    }

    func oneIsTheFirst() async throws {
        let store = store
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 1...20 { group.addTask { try await store.put(preset("shop", quality: number), of: Self.tenant) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(outcomes.filter(\.self).count, 1, "additions")
        try requireEqual(try await store.presets(of: Self.tenant).count, 1, "presets")
    }

    private func preset(_ name: String, quality: Int = 80) -> Preset {
        let output = OutputSpec(name: "image", format: .fixed(.webp), encoder: EncoderOptions(quality: quality))
        return Preset(name: name, pipeline: Pipeline(outputs: [output]), updatedAt: Timestamp(microseconds: 1_767_225_600_123_456))
    }
}
