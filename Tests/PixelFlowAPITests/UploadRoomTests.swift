import Deadlines
import Dispatch
import Files
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowAPI
import PixelFlowCore
import PixelFlowEmbedded
import Synchronization
import Testing

/// How far one user's uploads, and a full disk, may affect others.
@Suite struct UploadRoomTests {
    private final class Room: Sendable {
        let available = Mutex(1 << 30)
        func set(_ bytes: Int) { available.withLock { $0 = bytes } }
        var reserve: DiskReserve { DiskReserve { DiskRoom(available: self.available.withLock { $0 }, size: 1 << 30) } }
    }

    @Test func aFullDiskRefusesUploadsOnly() async throws {
        let room = Room()
        let harness = try await APIHarness(reserve: room.reserve)
        try await harness.run { ada, _ in
            let id = try await ada.task()
            room.set(1 << 20)
            let refusals = [
                try await ada.post(image: "bytes"), try await ada.post(json: #"{"image_url":"https://example.org/a.jpg"}"#),
                try await ada.post(form: [(#"name="file"; filename="a""#, "bytes")]),
            ]
            for refusal in refusals {
                #expect(refusal.status.code == 507)
                #expect(refusal.code == "insufficient_storage")
                #expect(refusal.headers[.retryAfter] == "60")
            }
            #expect(try await harness.objects(of: ada).count == 1)
            #expect(try await ada.get("/api/tasks/\(id)").status == .ok)
            #expect(try await ada.get("/api/tasks/\(id)/source").text == "bytes")
            #expect(try await ada.send(.delete, "/api/tasks/\(id)").status == .noContent)
            room.set(1 << 30)
            #expect(try await ada.post(image: "bytes").status == .accepted)
        }
    }

    /// The image of a task that may have been added nevertheless is kept; that of one that was not is removed, also to free the disk.
    @Test(arguments: [
        (PixelFlowError.insufficientStorage(), 507, 0), (.busy("task_database"), 503, 0), (.unavailable("task_database"), 503, 1),
    ])
    func imagesOfTasksThatWereNotAddedAreRemoved(error: PixelFlowError, status: Int, kept: Int) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            harness.counted.refuseCreations(with: error)
            let refusal = try await ada.post(image: "bytes")
            #expect(refusal.status.code == status)
            #expect(refusal.code == error.code)
            #expect(try await harness.objects(of: ada).count == kept)
        }
    }

    @Test func bytesOfUnfinishedUploadsAreBounded() async throws {
        let harness = try await APIHarness(uploads: UploadLimits(user: .init(count: 10, bytes: 2000)))
        try await harness.run { ada, bob in
            let refusal = try await ada.post(image: String(repeating: "x", count: 2001))
            #expect(refusal.status == .tooManyRequests)
            #expect(refusal.code == "too_many_uploads")
            #expect(refusal.headers[.retryAfter] == "1")
            #expect(try await harness.objects(of: ada).isEmpty)
            // Finished uploads no longer count.
            for _ in 0..<3 { #expect(try await ada.post(image: String(repeating: "x", count: 1500)).status == .accepted) }
            #expect(try await bob.post(image: "bytes").status == .accepted)
        }
    }

    /// Holds the first upload while the room for it is looked up.
    private final class Gate: Sendable {
        private let isFirst = Mutex(true)
        private let opened = DispatchSemaphore(value: 0)
        let held = AsyncStream.makeStream(of: Void.self)

        var reserve: DiskReserve {
            DiskReserve {
                let isFirst = self.isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                if isFirst {
                    self.held.continuation.finish()
                    // bounded: by open()
                    self.opened.wait()
                }
                return DiskRoom(available: 1 << 30, size: 1 << 30)
            }
        }

        func open() { opened.signal() }
    }

    /// Otherwise, an organisation with many keys could take all the room there is.
    @Test func uploadsOfManyKeysAreThoseOfOneOrganisation() async throws {
        let gate = Gate()
        let limits = UploadLimits(organisation: .init(count: 1, bytes: 2000))
        let harness = try await APIHarness(uploads: limits, reserve: gate.reserve)
        try await harness.run { ada, bob in
            var key = ada
            key.token = try await harness.key(as: ada.token, #"{"name":"ci","scopes":["tasks:write"]}"#)
            let program = key
            async let first = ada.post(image: "bytes")
            try await within(.seconds(20), "an upload at the gate") { for await _ in gate.held.stream {} }
            let refusal = try await program.post(image: "bytes")
            let other = try await bob.post(image: "bytes")
            gate.open()
            #expect(refusal.status == .tooManyRequests)
            #expect(refusal.code == "too_many_uploads")
            #expect(refusal.headers[.retryAfter] == "1")
            #expect(other.status == .accepted)
            #expect(try await first.status == .accepted)
            #expect(try await program.post(image: "bytes").status == .accepted)
            #expect(try await program.post(image: String(repeating: "x", count: 2001)).code == "too_many_uploads")
        }
    }

    /// Each is a source in the memory of a worker, and a task to look up here.
    @Test func watermarksOfTooManyImagesAreRefusedEverywhere() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            var marks: [TaskID] = []
            for number in 0..<9 { marks.append(try await ada.task(image: "mark \(number)")) }
            let steps = marks.map { #"{"op":"watermark","image":"\#($0)"}"# }
            func pipeline(_ count: Int) -> String {
                #"{"outputs":[{"name":"a","operations":[\#(steps.prefix(count).joined(separator: ","))]}]}"#
            }
            func order(_ count: Int) -> String { #"{"image_url":"https://example.org/a.jpg","pipeline":\#(pipeline(count))}"# }
            let before = harness.counted.reads
            #expect(try await ada.post(json: order(1)).status == .accepted)
            let one = harness.counted.reads - before
            #expect(try await ada.post(json: order(8)).status == .accepted)
            #expect(harness.counted.reads - before == 2 * one)

            let upload = try await ada.post(json: order(9))
            #expect(upload.status == .unprocessableContent)
            #expect(upload.code == "invalid_value")
            #expect(upload.field == "pipeline.outputs[0].operations[8].image")
            let preset = try await ada.send(.put, "/api/presets/marks", body: ByteBuffer(string: pipeline(9)))
            #expect(preset.status == .unprocessableContent)
            #expect(preset.field == "outputs[0].operations[8].image")
            let validation = try await ada.send(.post, "/api/pipelines/check", body: ByteBuffer(string: pipeline(9)))
            #expect(try validation.object()["field"] as? String == "outputs[0].operations[8].image")

            // Saved when there was no such limit.
            let output = OutputSpec(name: "a", operations: marks.map { .watermark(.init(image: $0)) })
            let saved = Preset(name: "old", pipeline: Pipeline(outputs: [output]), updatedAt: SystemClock().now())
            _ = try await harness.dependencies.presets.put(saved, of: try await harness.tenant(of: ada.token))
            let old = try await ada.post(json: #"{"image_url":"https://example.org/a.jpg","preset":"old"}"#)
            #expect(old.status == .unprocessableContent)
            #expect(old.code == "invalid_value")
            #expect(old.field == "preset")
        }
    }

    @Test func aPipelineThatIsTooLargeIsRefusedEverywhere() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let step = #"{"op":"modulate","brightness":1.25,"saturation":0.75,"hue":120}"#
            let outputs = (0..<16).map { number in
                #"{"name":"o\#(number)","operations":[\#(Array(repeating: step, count: 20).joined(separator: ","))]}"#
            }
            let pipeline = #"{"outputs":[\#(outputs.joined(separator: ","))]}"#
            let upload = try await ada.post(json: #"{"image_url":"https://example.org/a.jpg","pipeline":\#(pipeline)}"#)
            #expect(upload.status == .unprocessableContent)
            #expect(upload.code == "pipeline_too_large")
            #expect(upload.field == "pipeline")
            let preset = try await ada.send(.put, "/api/presets/large", body: ByteBuffer(string: pipeline))
            #expect(preset.status == .unprocessableContent)
            #expect(preset.code == "pipeline_too_large")
            let validation = try await ada.send(.post, "/api/pipelines/check", body: ByteBuffer(string: pipeline))
            #expect(try validation.object()["code"] as? String == "pipeline_too_large")
        }
    }
}
