import NIOCore
import PixelFlowCore
import Testing
import WireFormats

/// Where a run gets its source bytes.
@Suite struct SourceTests {
    @Test func aFetchedSourceIsKept() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            let task = try await harness.add(url: "https://example.org/a.png")
            worker.wake(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .completed)
            #expect(final.fetchedSource?.key == .fetchedSource(of: final))
            #expect(final.fetchedSource?.bytes == 7)
            #expect(final.fetchedSource?.contentType == "image/png")
            #expect(try await harness.text(.fetchedSource(of: final)) == "fetched")
            #expect(renderer.jobs.map { String(buffer: $0.source) } == ["fetched"])
        }
    }

    @Test(arguments: [("address_blocked", PixelFlowError.Retry.permanent, 1), ("source_timeout", .transient, 10)])
    func aSourceThatCannotBeFetchedFailsByItsClass(_ code: String, _ retry: PixelFlowError.Retry, _ attempts: Int) async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        let fetcher = ScriptedFetcher { _ in throw PixelFlowError(.invalid, code: code, "No.", retry: retry) }
        try await harness.run(renderer, fetcher: fetcher) { worker in
            let task = try await harness.add(url: "https://example.org/a.png")
            worker.wake(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .failed)
            #expect(final.error?.code == code)
            #expect(final.attempts == attempts)
            #expect(renderer.jobs.isEmpty)
            try await harness.waitForObjects(of: final, [])
        }
    }

    /// The source, "fetched", is seven bytes long.
    @Test(arguments: [(7, nil), (6, "quota_exceeded"), (nil, nil)] as [(Int?, String?)])
    func aFetchedSourceCountsTowardsTheQuota(_ quota: Int?, _ code: String?) async throws {
        let harness = try WorkerHarness()
        try await harness.store.setQuota(Quota(sourceBytes: quota), of: WorkerHarness.tenant)
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            let task = try await harness.add(url: "https://example.org/a.png")
            #expect(try await harness.store.usage(of: WorkerHarness.tenant).now.bytesStored == 0)
            worker.wake(task)
            let final = try await harness.final(task.id)
            #expect(final.error?.code == code)
            #expect(final.attempts == 1)
            #expect(renderer.jobs.isEmpty == (code != nil))
            let outputs = final.outputs.compactMap(\.image?.bytes).reduce(0, +)
            #expect(try await harness.store.usage(of: WorkerHarness.tenant).now.bytesStored == (code == nil ? 7 + outputs : 0))
        }
    }

    @Test func aMissingUploadFailsTheTask() async throws {
        let harness = try WorkerHarness()
        try await harness.run { worker in
            let task = try await harness.add()
            try await harness.blobs.remove(task.blobPrefix)
            worker.wake(task)
            #expect(try await harness.final(task.id).error?.code == "source_missing")
        }
    }

    @Test(arguments: [FaultyBlobStore.Fault.reading, .writing])
    func aBlobStoreThatIsDownCostsNoAttempt(_ fault: FaultyBlobStore.Fault) async throws {
        let harness = try WorkerHarness()
        try await harness.run { worker in
            let task = try await harness.add()
            harness.blobs.fail(fault, times: 7)
            worker.wake(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .completed)
            #expect(final.attempts == 1)
            #expect(final.outages == 7)
        }
    }

    @Test func aWatermarkIsTheSourceOfAnotherTask() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            let mark = try await harness.add()
            let task = try await harness.add(Self.marked(by: mark.id))
            worker.wake(task)
            #expect(try await harness.final(task.id).status == .completed)
            #expect(renderer.jobs.last?.overlays == [mark.id.rawValue: ByteBuffer(string: "bytes")])
        }
    }

    @Test func aMissingWatermarkFailsTheTask() async throws {
        let harness = try WorkerHarness()
        try await harness.run { worker in
            let mark = try await harness.add()
            let task = try await harness.add(Self.marked(by: mark.id))
            _ = try await harness.store.delete(mark.id, of: WorkerHarness.tenant)
            worker.wake(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .failed)
            #expect(final.error?.code == "watermark_missing")
        }
    }

    private static func marked(by task: TaskID) throws -> Pipeline {
        let json = #"{"outputs":[{"name":"web","operations":[{"op":"watermark","image":"\#(task)"}]}]}"#
        return try Pipeline(validating: JSONValue(document: json.utf8))
    }
}
