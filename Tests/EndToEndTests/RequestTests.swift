import AsyncHTTPClient
import Conformance
import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowClient
import PixelFlowCore
import Synchronization
import Testing

extension EndToEnd {
    /// Requests that are invalid before an image is decoded, over a real connection.
    @Suite struct RequestTests {
        @Test func tooLongStreamedBodyIsRefusedEarly() async throws {
            try await LiveService.run(["PIXELFLOW_MAX_SOURCE_BYTES": "\(1 << 20)"]) { service in
                let ada = try await Person.signedIn(to: service)
                // An endless body without a declared length.
                let sent = ByteCount()
                let chunk = ByteBuffer(repeating: 120, count: 64 * 1024)
                let endless = AsyncStream<ByteBuffer> {
                    sent.add(chunk.readableBytes)
                    return chunk
                }
                let reply = try? await ada.send(
                    .POST, "/api/upload", headers: ["content-type": "image/jpeg"], body: .stream(endless, length: .unknown))
                // A client that is still sending may notice the closed connection before it reads the response.
                if let reply { #expect((reply.status, reply.code) == (413, "body_too_large")) }
                var before = 0
                _ = try await eventually("the service to take no more") {
                    defer { before = sent.bytes }
                    try await Task.sleep(for: .milliseconds(200))
                    return sent.bytes == before ? true : nil
                }
                let small = try await ada.postBody(Data(repeating: 120, count: (1 << 20) + 1), type: "image/jpeg")
                #expect((small.status, small.code) == (413, "body_too_large"))
                #expect(try await ada.client.list().isEmpty)
            }
        }

        @Test func malformedRequestsHaveErrorCodes() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                func post(_ type: String, _ body: String) async throws -> Reply {
                    try await ada.send(.POST, "/api/upload", headers: ["content-type": type], body: .bytes(ByteBuffer(string: body)))
                }
                let form = try await post(
                    "multipart/form-data; boundary=edge", "--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhalf")
                #expect((form.status, form.code) == (400, "malformed_multipart"))
                let json = try await post("application/json", #"{"image_url": "#)
                #expect((json.status, json.code) == (400, "invalid_json"))
                let operation = try await #require(throws: Problem.self) {
                    try await ada.upload(
                        url: "http://example.org", pipeline: #"{"outputs":[{"name":"a","operations":[{"op":"explode"}]}]}"#)
                }
                #expect((operation.status, operation.code) == (422, "unknown_operation"))
                #expect(operation.field == "pipeline.outputs[0].operations[0].op")
                let value = try await #require(throws: Problem.self) {
                    try await ada.upload(url: "http://example.org", pipeline: #"{"outputs":[{"name":"a","quality":"high"}]}"#)
                }
                #expect((value.status, value.field) == (422, "pipeline.outputs[0].quality"))
            }
        }

        @Test func sameIdempotencyKeyReturnsTheSameTask() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let (one, other) = (PNG.noise(width: 8, height: 8, seed: 1), PNG.noise(width: 8, height: 8, seed: 2))
                let first = try await ada.upload(one, key: "k").id
                #expect(try await ada.upload(one, key: "k").id == first)
                let refused = try await #require(throws: Problem.self) { try await ada.upload(other, key: "k") }
                #expect((refused.status, refused.code) == (422, "idempotency_key_reused"))
            }
        }

        @Test func tasksOfOtherOrganisationsAreInvisible() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let bob = try await Person.signedIn(to: service, as: "bob@example.org")
                let task = try await ada.process(PNG.noise(width: 8, height: 8, seed: 1))
                let id = task.id.rawValue
                let calls: [(String, @Sendable (PixelFlowClient) async throws -> Void)] = [
                    ("task", { _ = try await $0.task(id) }), ("delete", { try await $0.delete(id) }),
                    ("cancel", { _ = try await $0.cancel(id) }), ("replay", { _ = try await $0.replay(id) }),
                    ("source", { _ = try await $0.source(ofTask: id) }), ("output", { _ = try await $0.output("image", ofTask: id) }),
                ]
                for (name, call) in calls {
                    let problem = try await #require(throws: Problem.self, "\(name)") { try await call(bob.client) }
                    #expect(problem.status == 404, "\(name)")
                }
                #expect(try await ada.task(task.id).status == .completed)
            }
        }
    }
}

/// Counts the bytes that a producer has supplied.
private final class ByteCount: Sendable {
    private let count = Mutex(0)
    var bytes: Int { count.withLock { $0 } }
    func add(_ more: Int) { count.withLock { $0 += more } }
}
