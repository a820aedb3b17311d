import Deadlines
import NIOCore
import PixelFlowCore
import Testing

/// What a manifest says about outputs that succeeded and outputs that failed.
@Suite struct OutputTests {
    private static let three = Pipeline(outputs: ["a", "b", "c"].map { OutputSpec(name: $0) })

    private static func failing(_ codes: [String: String]) -> ScriptedRenderer {
        ScriptedRenderer { _, job in
            .report(job) { name in
                if let code = codes[name] { return .failure(OutputError(code: code, message: "Too large.")) }
                return .success(RenderedImage(format: .png, width: 2, height: 3, bytes: ByteBuffer(string: name)))
            }
        }
    }

    @Test func theManifestListsEachOutputInOrder() async throws {
        let harness = try WorkerHarness()
        try await harness.run { worker in
            let task = try await harness.add(Self.three)
            worker.enqueue(task)
            let final = try await harness.final(task.id)
            #expect(final.outputs.map(\.name) == ["a", "b", "c"])
            #expect(final.sourceMetadata == RenderReport.metadata)
            let image = try #require(final.outputs[1].image)
            #expect(image.key == .output("b", of: final))
            #expect(try await harness.text(image.key) == "image of b")
            #expect(image.bytes == 10)
            // printf 'image of b' | sha256sum
            #expect(image.sha256 == "e020437832b1e2ecf2acfc266ea9618f54b31fe844d91db136ef92b424c28ef5")
        }
    }

    @Test func oneOutputThatFailsLeavesTheOthersIntact() async throws {
        let harness = try WorkerHarness()
        try await harness.run(Self.failing(["b": "output_too_large"])) { worker in
            let task = try await harness.add(Self.three)
            worker.enqueue(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .completed)
            #expect(final.error == nil)
            #expect(final.outputs.map { $0.error?.code } == [nil, "output_too_large", nil])
            #expect(final.outputs.map { $0.image == nil } == [false, true, false])
        }
    }

    @Test(arguments: [
        (["a": "output_too_large", "b": "output_too_large", "c": "output_too_large"], "output_too_large"),
        (["a": "output_too_large", "b": "encoder_failed", "c": "output_too_large"], "outputs_failed"),
    ])
    func aTaskWithoutAnyOutputFails(_ codes: [String: String], _ code: String) async throws {
        let harness = try WorkerHarness()
        try await harness.run(Self.failing(codes)) { worker in
            let task = try await harness.add(Self.three)
            worker.enqueue(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .failed)
            #expect(final.error?.code == code)
            #expect(final.outputs.count == 3)
            #expect(final.sourceMetadata == RenderReport.metadata)
        }
    }

    @Test func progressIsReported() async throws {
        let harness = try WorkerHarness()
        let gate = Gate()
        let renderer = ScriptedRenderer { _, job in
            job.onProgress?(1, 2)
            try await gate.pass()
            return .good(job)
        }
        let changes = try await harness.events.subscribe()
        try await harness.run(renderer) { worker in
            let task = try await harness.add(Self.three)
            worker.enqueue(task)
            #expect(try await changes.first("word of the progress") { $0.progress > 0 }?.progress == 0.5)
            gate.open()
            try await harness.final(task.id)
        }
    }
}
