import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowAPI
import PixelFlowCore
import Testing

/// Repeated requests with an idempotency key.
@Suite struct IdempotencyTests {
    private let key: HTTPFields = [.idempotencyKey: "order-1"]

    @Test func theSameRequestReturnsTheSameTask() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let first = try await ada.task(headers: key)
            let again = try await ada.post(image: "bytes", headers: key)
            #expect(again.status == .accepted)
            #expect(try again.taskID() == first)
            #expect(again.headers[.location] == "/api/tasks/\(first)")
            #expect(try await harness.objects(of: ada).count == 1)
        }
    }

    @Test func theSameRequestAtTheSameTimeReturnsTheSameTaskWhileTheBlobStoreIsDown() async throws {
        let harness = try await APIHarness()
        try await harness.runWithStubbornBlobs { ada, blobs in
            let first = try await ada.task(headers: key)
            harness.counted.setHidingKeys(true)
            blobs.setStubborn(true)
            let again = try await ada.post(image: "bytes", headers: key)
            #expect(again.status == .accepted)
            #expect(try again.taskID() == first)
        }
    }

    @Test func anotherBodyIsRefused() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            _ = try await ada.task(headers: key)
            let other = try await ada.post(image: "other bytes", headers: key)
            #expect(other.status == .unprocessableContent)
            #expect(other.code == "idempotency_key_reused")
            let otherPipeline = try await ada.post(image: "bytes", query: "?preset=avatar", headers: key)
            #expect(otherPipeline.code == "idempotency_key_reused")
            // Rejected uploads leave nothing behind.
            #expect(try await harness.objects(of: ada).count == 1)
        }
    }

    @Test func aRepeatedRequestSurvivesAChangedPreset() async throws {
        try await APIHarness().run { ada, _ in
            _ = try await ada.send(.put, "/api/presets/mine", body: ByteBuffer(string: #"{"outputs":[{"name":"a"}]}"#))
            let first = try await ada.post(image: "bytes", query: "?preset=mine", headers: key).taskID()
            let form = [(#"name="preset""#, "mine"), (#"name="file"; filename="x.png""#, "bytes")]
            _ = try await ada.send(.put, "/api/presets/mine", body: ByteBuffer(string: #"{"outputs":[{"name":"b"}]}"#))
            #expect(try await ada.post(image: "bytes", query: "?preset=mine", headers: key).taskID() == first)
            _ = try await ada.send(.delete, "/api/presets/mine")
            #expect(try await ada.post(image: "bytes", query: "?preset=mine", headers: key).taskID() == first)
            #expect(try await ada.post(form: form, headers: key).taskID() == first)
            // The pipeline of the preset is not what was sent.
            let pipeline = "%7B%22outputs%22:[%7B%22name%22:%22a%22%7D]%7D"
            let spelled = try await ada.post(image: "bytes", query: "?pipeline=\(pipeline)", headers: key)
            #expect(spelled.code == "idempotency_key_reused")
        }
    }

    @Test func theURLFormIsIdempotentToo() async throws {
        try await APIHarness().run { ada, _ in
            _ = try await ada.send(.put, "/api/presets/mine", body: ByteBuffer(string: #"{"outputs":[{"name":"a"}]}"#))
            let first = try await ada.post(json: #"{"image_url":"http://a.org/b","preset":"mine"}"#, headers: key).taskID()
            _ = try await ada.send(.delete, "/api/presets/mine")
            let same = [
                #"{"image_url":"http://a.org/b","preset":"mine"}"#,
                #"{ "preset":"mine", "pipeline":null, "image_url":"http://a.org/b" }"#,
            ]
            for same in same {
                #expect(try await ada.post(json: same, headers: key).taskID() == first)
            }
            let others = [
                #"{"image_url":"http://a.org/c","preset":"mine"}"#, #"{"image_url":"http://a.org/b"}"#,
                #"{"image_url":"http://a.org/b","preset":"web"}"#,
            ]
            for other in others {
                let refusal = try await ada.post(json: other, headers: key)
                #expect(refusal.status == .unprocessableContent)
                #expect(refusal.code == "idempotency_key_reused")
            }
            let unknown = try await ada.post(json: #"{"image_url":"http://a.org/b","preset":"mine","x":1}"#, headers: key)
            #expect(unknown.code == "unknown_parameter")
        }
    }

    @Test func aRepeatedRequestSurvivesADeletedWatermark() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let mark = try await ada.task(image: "mark")
            let output = #"{"name":"a","operations":[{"op":"watermark","image":"\#(mark)"}]}"#
            let order = #"{"image_url":"http://a.org/b","pipeline":{"outputs":[\#(output)]}}"#
            let first = try await ada.post(json: order, headers: key).taskID()
            _ = try await ada.send(.delete, "/api/tasks/\(mark)")
            #expect(try await ada.post(json: order, headers: key).taskID() == first)
            #expect(try await ada.post(json: order).code == "watermark_missing")
        }
    }

    @Test func aRepeatedRequestSurvivesLoweredLimits() async throws {
        let harness = try await APIHarness(limits: ImageLimits(sourceBytes: 100))
        let image = String(repeating: "x", count: 100)
        try await harness.run { ada, _ in
            let first = try await ada.task(image: image, headers: key)
            try await harness.run(limits: ImageLimits(sourceBytes: 10), as: ada.token) { ada in
                let again = try await ada.post(image: image, headers: key)
                #expect(try again.taskID() == first)
                let form = try await ada.post(form: [(#"name="file""#, image)], headers: key)
                #expect(try form.taskID() == first)
                let unnamed = try await ada.post(image: image)
                #expect(unnamed.code == "body_too_large")
                let larger = try await ada.post(image: image + "x", headers: key)
                #expect(larger.code == "body_too_large")
                let other = try await ada.post(image: "other", headers: key)
                #expect(other.code == "idempotency_key_reused")
            }
        }
    }

    @Test func aRepeatedRequestReturnsAFinalTask() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let first = try await ada.task(headers: key)
            try await harness.complete(first)
            let again = try await ada.post(image: "bytes", headers: key)
            #expect(try again.object()["status"] as? String == "COMPLETED")
            #expect(try again.taskID() == first)
        }
    }

    @Test func keysAreSeparateForEachOrganisation() async throws {
        try await APIHarness().run { ada, bob in
            let hers = try await ada.task(headers: key)
            let his = try await bob.task(image: "other", headers: key)
            #expect(hers != his)
        }
    }

    @Test func concurrentRequestsCreateOneTask() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let ids = try await withThrowingTaskGroup(of: TaskID.self) { group in
                for _ in 0..<10 { group.addTask { try await ada.task(headers: key) } }
                return try await group.reduce(into: Set<TaskID>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await harness.objects(of: ada).count == 1)
        }
    }

    @Test func aDeletedTaskFreesItsKey() async throws {
        try await APIHarness().run { ada, _ in
            let first = try await ada.task(headers: key)
            _ = try await ada.send(.delete, "/api/tasks/\(first)")
            #expect(try await ada.task(image: "other", headers: key) != first)
        }
    }

    @Test(arguments: ["", String(repeating: "k", count: 256)])
    func keysHaveALengthLimit(_ text: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(image: "bytes", headers: [.idempotencyKey: text])
            #expect(response.status == .unprocessableContent)
            #expect(response.field == "Idempotency-Key")
        }
    }
}
