import Deadlines
import Foundation
import NIOCore
import RawHTTP
import Synchronization
import TestSupport
import Testing
import WireFormats

@testable import PixelFlowClient

@Suite struct UploadTests {
    private static let accepted = TaskText.json("1", "PENDING")

    private static func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        try await body(try folder.write("an image ü.jpg", text))
    }

    @Test func sendsAFileInAForm() async throws {
        let bytes = String(repeating: "0123456789", count: 60_000)
        try await Self.withFile(bytes) { path in
            try await ScriptedServer.run { _, _ in
                .response(202, Self.accepted)
            } _: { client, server in
                let seen = Mutex<[TransferProgress]>([])
                let upload = Upload(.file(path), .preset("web"), priority: .low, batch: "batch-1", webhookURL: "https://b.example/hook")
                let task = try await client.upload(upload) { step in seen.withLock { $0.append(step) } }
                #expect(task.id == "1")
                let request = server.requests[0]
                let name = try #require(path.split(separator: "/").last)
                #expect(request.body.contains("name=\"preset\"\r\n\r\nweb\r\n"))
                #expect(request.body.contains("name=\"priority\"\r\n\r\nlow\r\n"))
                #expect(request.body.contains("name=\"batch\"\r\n\r\nbatch-1\r\n"))
                #expect(request.body.contains("name=\"webhook_url\"\r\n\r\nhttps://b.example/hook\r\n"))
                #expect(request.body.contains("name=\"file\"; filename=\"\(name)\"\r\n"))
                #expect(request.body.contains("\r\n\r\n\(bytes)\r\n--"))
                #expect(request.headers["content-length"] == "\(request.body.utf8.count)")
                #expect(request.headers["idempotency-key"]?.count == 36)
                let steps = seen.withLock { $0 }
                #expect(steps.count > 1)
                #expect(steps.last == TransferProgress(bytes: 600_000, total: 600_000))
            }
        }
    }

    @Test func sendsAStreamOfUnknownLength() async throws {
        try await ScriptedServer.run { _, _ in
            .response(202, Self.accepted)
        } _: { client, server in
            let stream = Upload.Source.stream(length: nil) { ByteStream(ByteBuffer(string: "abc")) }
            _ = try await client.upload(Upload(stream, .pipeline(["outputs": [["name": "x"]]]), fileName: "a\"b.png", idempotencyKey: "k"))
            let request = server.requests[0]
            #expect(request.headers["transfer-encoding"] == "chunked")
            #expect(request.headers["idempotency-key"] == "k")
            #expect(request.body.contains(#"{"outputs":[{"name":"x"}]}"#))
            #expect(request.body.contains("filename=\"a%22b.png\""))
        }
    }

    @Test func sendsAURL() async throws {
        try await ScriptedServer.run { _, _ in
            .response(202, Self.accepted)
        } _: { client, server in
            _ = try await client.upload(Upload(.url("https://a.example/x.jpg"), .preset("web")))
            #expect(server.requests[0].body == #"{"image_url":"https://a.example/x.jpg","preset":"web"}"#)
            _ = try await client.upload(Upload(.url("https://a.example/x.jpg"), webhookURL: "https://b.example/hook"))
            #expect(server.requests[1].body == #"{"image_url":"https://a.example/x.jpg","webhook_url":"https://b.example/hook"}"#)
        }
    }

    /// From the first byte, and with the same key: one task comes of it.
    @Test func retriesWithTheSameKey() async throws {
        try await Self.withFile("image") { path in
            try await ScriptedServer.run { _, number in
                switch number {
                case 1: [.close]
                case 2: .problem(429, "too_many_uploads", "Retry-After: 0")
                default: .response(202, Self.accepted)
                }
            } _: { client, server in
                _ = try await client.upload(Upload(.file(path)))
                #expect(server.requests.count == 3)
                #expect(Set(server.requests.map { $0.headers["idempotency-key"] }).count == 1)
                #expect(server.requests.allSatisfy { $0.body.contains("\r\n\r\nimage\r\n--") })
            }
        }
    }

    @Test func reportsAMissingFile() async throws {
        let client = PixelFlowClient(Endpoints(web: "http://127.0.0.1:1"), retries: .none)
        await #expect(throws: ClientError.file("/nowhere.jpg", reason: "No such file or directory")) {
            try await client.upload(Upload(.file("/nowhere.jpg")))
        }
        await #expect(throws: ClientError.file("/tmp", reason: "not a file")) { try await client.upload(Upload(.file("/tmp"))) }
    }
}
