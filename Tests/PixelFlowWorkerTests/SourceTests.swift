import Conformance
import Deadlines
import NIOCore
import PixelFlowCore
import Testing
import WireFormats

@testable import PixelFlowWorker

/// Where a run gets its source bytes.
@Suite struct SourceTests {
    @Test func aFetchedSourceIsKept() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            let task = try await harness.add(url: "https://example.org/a.png")
            worker.enqueue(task)
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
            worker.enqueue(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .failed)
            #expect(final.error?.code == code)
            #expect(final.attempts == attempts)
            #expect(renderer.jobs.isEmpty)
            try await harness.waitForObjects(of: final, [])
        }
    }

    /// As an upload without bytes.
    @Test func aSourceWithoutBytesFailsAtOnce() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        let fetcher = ScriptedFetcher { _ in FetchedSource(bytes: ByteBuffer(), contentType: "image/png") }
        try await harness.run(renderer, fetcher: fetcher) { worker in
            let task = try await harness.add(url: "https://example.org/a.png")
            worker.enqueue(task)
            let final = try await harness.final(task.id)
            #expect(final.status == .failed)
            #expect(final.error?.code == "empty_image")
            #expect(final.attempts == 1)
            #expect(renderer.jobs.isEmpty)
            #expect(harness.registry[#"source_fetch_duration_seconds_count{outcome="empty_image"}"#] == 1)
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
            worker.enqueue(task)
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
            worker.enqueue(task)
            #expect(try await harness.final(task.id).error?.code == "source_missing")
        }
    }

    @Test(arguments: [FaultyBlobStore.Fault.reading, .writing])
    func aBlobStoreOutageCountsNoAttempt(_ fault: FaultyBlobStore.Fault) async throws {
        let harness = try WorkerHarness()
        try await harness.run { worker in
            let task = try await harness.add()
            harness.blobs.fail(fault, times: 7)
            worker.enqueue(task)
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
            worker.enqueue(task)
            #expect(try await harness.final(task.id).status == .completed)
            #expect(renderer.jobs.last?.overlays == [mark.id.rawValue: ByteBuffer(string: "bytes")])
        }
    }

    /// The renderer fails the outputs that use it, and only them.
    @Test func aMissingWatermarkDoesNotFailTheTask() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            let mark = try await harness.add()
            let task = try await harness.add(Self.marked(by: mark.id))
            _ = try await harness.store.delete(mark.id, of: WorkerHarness.tenant)
            worker.enqueue(task)
            #expect(try await harness.final(task.id).status == .completed)
            #expect(renderer.jobs.last?.overlays == [:])
        }
    }

    /// Each of them is 5 bytes.
    @Test(arguments: [(4, "completed"), (5, "watermarks_too_large")])
    func watermarksShareTheByteLimitOfASource(count: Int, end: String) async throws {
        var harness = try WorkerHarness()
        harness.limits = ImageLimits(sourceBytes: 20)
        let fixed = harness
        let renderer = ScriptedRenderer()
        try await fixed.run(renderer) { worker in
            var marks: [TaskID] = []
            for _ in 0..<count { marks.append(try await fixed.add().id) }
            // What is not there could not be read.
            if end != "completed" {
                for mark in marks { try await fixed.blobs.remove(.task(mark, tenant: WorkerHarness.tenant)) }
            }
            let task = try await fixed.add(Self.marked(by: marks))
            worker.enqueue(task)
            let final = try await fixed.final(task.id)
            #expect(final.error?.code ?? final.status.rawValue.lowercased() == end)
            #expect(final.attempts == 1)
            #expect(renderer.jobs.last?.overlays.count == (end == "completed" ? count : nil))
        }
    }

    /// A worker has more tasks in hand than it renders, and memory for the watermarks of those that it renders.
    @Test func watermarkReadsAreLimitedToRenderingTasks() async throws {
        var harness = try WorkerHarness()
        harness.slots = 3
        let fixed = harness
        let gate = Gate()
        let renderer = ScriptedRenderer { number, job in
            if number == 1 { try await gate.pass() }
            return .good(job)
        }
        try await fixed.run(renderer) { worker in
            let mark = try await fixed.add()
            let first = try await fixed.add(Self.marked(by: [mark.id]))
            worker.enqueue(first)
            try await renderer.waitForCall(1)
            let second = try await fixed.add(Self.marked(by: [mark.id]))
            worker.enqueue(second)
            try await fixed.eventually(second.id, "claimed") { $0.status == .processing }
            // Those without watermarks go past it.
            for _ in 0..<3 {
                let plain = try await fixed.add()
                worker.enqueue(plain)
                #expect(try await fixed.final(plain.id).status == .completed)
            }
            #expect(renderer.jobs.map(\.overlays.count) == [1, 0, 0, 0])
            gate.open()
            for task in [first, second] { #expect(try await fixed.final(task.id).status == .completed) }
            #expect(renderer.jobs.map(\.overlays.count) == [1, 0, 0, 0, 1])
        }
    }

    /// However many tasks of an organisation wait for their watermarks to be read.
    @Test func lanesAndOrganisationsTakeTurnsToHaveWatermarksRead() async throws {
        let harness = try WorkerHarness()
        let gate = Gate()
        let renderer = ScriptedRenderer { number, job in
            if number == 1 { try await gate.pass() }
            return .good(job)
        }
        let dependencies = harness.dependencies(renderer)
        let settings = WorkerSettings(id: WorkerID("worker"), slots: 8)
        let metrics = WorkerMetrics(harness.registry, slots: 8)
        let permits = OverlayPermits(renderProcesses: 1, slots: 8)
        func start(_ tenant: String, _ lane: Lane) async throws -> Task<Void, any Error> {
            let tenant = TenantID(tenant)
            let mark = try await harness.add(of: tenant)
            let task = try await harness.add(Self.marked(by: mark.id), lane: lane, of: tenant)
            let claimed = try #require(try await harness.store.claim(task.id, by: settings.id))
            return Task {
                _ = try await TaskProcessor(
                    task: claimed, dependencies: dependencies, settings: settings, metrics: metrics, overlaysInMemory: permits
                ).process()
            }
        }
        var runs = [try await start("a", .normal)]
        try await renderer.waitForCall(1)
        for (tenant, lane) in [("a", Lane.normal), ("a", .normal), ("a", .normal), ("b", .normal), ("a", .low), ("b", .high)] {
            runs.append(try await start(tenant, lane))
            let waiting = runs.count - 1
            try await eventually("\(waiting) wait") { permits.waiting == waiting }
        }
        gate.open()
        for run in runs { try await run.value("the end of a task") }
        #expect(
            renderer.jobs.map { "\($0.tenant?.rawValue ?? "nobody") \($0.lane)" }
                == ["a normal", "b high", "a normal", "b normal", "a normal", "a normal", "a low"])
    }

    private static func marked(by task: TaskID) throws -> Pipeline { try marked(by: [task]) }

    private static func marked(by tasks: [TaskID]) throws -> Pipeline {
        let steps = tasks.map { #"{"op":"watermark","image":"\#($0)"}"# }
        let json = #"{"outputs":[{"name":"web","operations":[\#(steps.joined(separator: ","))]}]}"#
        return try Pipeline(validating: JSONValue(document: json.utf8))
    }
}
