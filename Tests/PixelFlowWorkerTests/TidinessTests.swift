import Conformance
import NIOCore
import PixelFlowCore
import Testing

/// The run that ends the task also removes what earlier runs left behind.
@Suite struct TidinessTests {
    /// A task whose first worker vanished after storing an output.
    private func abandoned(_ harness: WorkerHarness) async throws -> TaskRecord {
        let task = try await harness.add()
        let claimed = try #require(try await harness.store.claim(task.id, by: WorkerID("vanishes")))
        try await harness.blobs.write(.output("web", of: claimed), bytes: ByteBuffer(string: "left behind"))
        harness.clock.advance(by: .seconds(31))
        return task
    }

    @Test func completionRemovesTheObjectsOfEarlierRuns() async throws {
        let harness = try WorkerHarness()
        let task = try await abandoned(harness)
        try await harness.run { _ in
            let final = try await harness.final(task.id)
            #expect(final.status == .completed)
            #expect(final.epoch == 2)
            try await harness.waitForObjects(of: final, harness.named(by: final))
        }
    }

    @Test func failureRemovesTheObjectsOfEarlierRuns() async throws {
        let harness = try WorkerHarness()
        let task = try await abandoned(harness)
        let renderer = ScriptedRenderer { _, _ in throw PixelFlowError(.invalid, code: "not_an_image", "No.") }
        try await harness.run(renderer) { _ in
            let final = try await harness.final(task.id)
            #expect(final.status == .failed)
            try await harness.waitForObjects(of: final, harness.named(by: final))
        }
    }

    /// A worker that is killed right after writing its result can no longer remove anything.
    @Test func theDispatcherRemovesUnreferencedObjects() async throws {
        let harness = try WorkerHarness()
        let task = try await abandoned(harness)
        _ = try await harness.store.expireLeases(limit: 1)
        let claimed = try #require(try await harness.store.claim(task.id, by: WorkerID("vanishes too")))
        try await harness.blobs.write(.output("web", of: claimed), bytes: ByteBuffer(string: "image"))
        let image = StoredImage(
            key: .output("web", of: claimed), format: .webp, width: 1, height: 1, frames: 1, bytes: 5, sha256: "made")
        let manifest = Manifest(sourceMetadata: RenderReport.metadata, outputs: [TaskOutput(name: "web", image: image)])
        let completed = try #require(try await harness.store.complete(claimed.claim, with: manifest))
        try await harness.run { _ in
            harness.clock.advance(by: .seconds(6))
            try await harness.waitForObjects(of: completed, harness.named(by: completed))
        }
    }

    /// No one else knows of the objects any more once the event is published.
    @Test func theDispatcherRemovesTheObjectsOfATaskThatItEnds() async throws {
        let harness = try WorkerHarness()
        let task = try await abandoned(harness)
        _ = try await harness.store.cancel(task.id, of: task.tenant)
        try await harness.run { _ in
            let final = try await harness.final(task.id)
            #expect(final.status == .cancelled)
            harness.clock.advance(by: .seconds(6))
            try await harness.waitForObjects(of: final, harness.named(by: final))
        }
    }
}
