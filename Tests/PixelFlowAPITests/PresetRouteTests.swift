import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowAPI
import PixelFlowCore
import Testing

/// Saved pipelines.
@Suite struct PresetRouteTests {
    private let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"tiny","operations":[{"op":"resize","width":10}],"format":"png"}]}"#)

    @Test func theBuiltInPresetsExist() async throws {
        try await APIHarness().run { ada, _ in
            let list = try #require(try await ada.get("/api/presets").object()["presets"] as? [[String: Any]])
            #expect(list.compactMap { $0["name"] as? String } == ["avatar", "thumbnail", "web"])
            #expect(list.allSatisfy { $0["built_in"] as? Bool == true })
            for name in ["avatar", "thumbnail", "web"] {
                #expect(try await ada.post(image: name, query: "?preset=\(name)").status == .accepted)
            }
        }
    }

    @Test func aPresetIsSavedUsedReplacedAndRemoved() async throws {
        try await APIHarness().run { ada, _ in
            #expect(try await ada.send(.put, "/api/presets/mine", body: pipeline).status == .created)
            #expect(try await ada.send(.put, "/api/presets/mine", body: pipeline).status == .ok)
            #expect(try await ada.get("/api/presets/mine").object()["built_in"] as? Bool == false)
            let task = try await ada.post(image: "bytes", query: "?preset=mine").object()
            #expect(task["preset"] as? String == "mine")
            #expect(((task["pipeline"] as? [String: Any])?["outputs"] as? [[String: Any]])?.first?["name"] as? String == "tiny")
            #expect(try await ada.send(.delete, "/api/presets/mine").status == .noContent)
            #expect(try await ada.send(.delete, "/api/presets/mine").status == .notFound)
            #expect(try await ada.get("/api/presets/mine").status == .notFound)
            #expect(try await ada.post(image: "bytes", query: "?preset=mine").code == "unknown_preset")
        }
    }

    @Test func aCustomPresetOverridesABuiltInOne() async throws {
        try await APIHarness().run { ada, bob in
            _ = try await ada.send(.put, "/api/presets/web", body: pipeline)
            let hers = try await ada.post(image: "bytes", query: "?preset=web").object()
            #expect(((hers["pipeline"] as? [String: Any])?["outputs"] as? [Any])?.count == 1)
            let list = try #require(try await ada.get("/api/presets").object()["presets"] as? [[String: Any]])
            #expect(list.count == 3)
            let his = try await bob.post(image: "bytes", query: "?preset=web").object()
            #expect(((his["pipeline"] as? [String: Any])?["outputs"] as? [Any])?.count == 3)
        }
    }

    @Test func anOrganisationHasALimitedNumber() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            let (tenant, presets) = (try await harness.tenant(of: ada.token), harness.dependencies.presets)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 2...Preset.limit {
                    let preset = Preset(
                        name: "preset-\(number)", pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), updatedAt: SystemClock().now())
                    group.addTask { _ = try await presets.put(preset, of: tenant) }
                }
                try await group.waitForAll()
            }
            #expect(try await ada.send(.put, "/api/presets/preset-1", body: pipeline).status == .created)
            let response = try await ada.send(.put, "/api/presets/another", body: pipeline)
            #expect(response.status == .conflict && response.code == "too_many_presets")
            #expect(try await ada.send(.put, "/api/presets/preset-1", body: pipeline).status == .ok)
            #expect(try await bob.send(.put, "/api/presets/another", body: pipeline).status == .created)
        }
    }

    @Test func presetsOfOtherOrganisationsAreInvisible() async throws {
        try await APIHarness().run { ada, bob in
            _ = try await ada.send(.put, "/api/presets/mine", body: pipeline)
            #expect(try await bob.get("/api/presets/mine").status == .notFound)
            #expect(try await bob.send(.delete, "/api/presets/mine").status == .notFound)
            #expect(try await bob.post(image: "bytes", query: "?preset=mine").code == "unknown_preset")
        }
    }

    @Test(arguments: [
        ("Mine", #"{"outputs":[{"name":"a"}]}"#, "name"), ("mine", #"{"outputs":[]}"#, "outputs"),
        ("mine", #"{"outputs":[{"name":"a","quality":101}]}"#, "outputs[0].quality"),
    ])
    func invalidPresetsAreRefused(_ name: String, _ body: String, _ field: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.send(.put, "/api/presets/\(name)", body: ByteBuffer(string: body))
            #expect(response.status == .unprocessableContent)
            #expect(response.field == field)
            #expect(try await ada.get("/api/presets/\(name)").status == .notFound)
        }
    }
}
