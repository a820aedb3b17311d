import Foundation
import NIOCore
import PixelFlowClient
import RawHTTP
import TestSupport
import Testing
import WireFormats

@Suite struct DownloadTests {
    private static let text = "0123456789"
    private static let digest = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"

    /// A task with one output that has these bytes, in a folder that goes afterwards.
    private static func run(
        bytes: Int = 10, sha256: String = digest, _ response: @escaping @Sendable (ScriptedServer.Request, Int) -> [ScriptedServer.Step],
        _ body: (PixelFlowClient, ImageTask, String, ScriptedServer) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let outputs = #"[{"name":"small","status":"COMPLETED","format":"jpeg","bytes":\#(bytes),"sha256":"\#(sha256)"}]"#
        try await ScriptedServer.run { request, number in
            number == 1 ? .response(200, TaskText.json("1", "COMPLETED", outputs: outputs)) : response(request, number - 1)
        } _: { client, server in
            try await body(client, try await client.task("1"), folder.path, server)
        }
    }

    private static func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }

    @Test func savesAnOutput() async throws {
        try await Self.run { _, _ in
            .response(200, Self.text)
        } _: { client, task, folder, server in
            let output = task.outputs[0]
            let name = try output.fileName
            #expect(name == "small.jpg")
            try Data("old".utf8).write(to: URL(filePath: folder + "/small.jpg"))
            try await client.save(output, ofTask: task.id, to: folder + "/small.jpg")
            let found = try String(contentsOfFile: folder + "/small.jpg", encoding: .utf8)
            #expect(found == Self.text)
            let names = try Self.names(folder)
            #expect(names == ["small.jpg"])
            let digest = try await FileDigest.sha256(ofFile: folder + "/small.jpg")
            #expect(digest == Self.digest)
            #expect(server.requests[1].path == "/api/tasks/1/outputs/small")
        }
    }

    @Test(arguments: [
        ("../up", "png"), ("a/b", "png"), ("", "png"), ("A", "png"), (".bashrc", "png"), (String(repeating: "a", count: 65), "png"),
        ("small", "png/../../x"), ("small", "exe"), ("small", ""),
    ])
    func anOutputNamesNoOtherFile(name: String, format: String) async throws {
        let outputs = #"[{"name":"\#(name)","format":"\#(format)"}]"#
        try await ScriptedServer.run { _, _ in
            .response(200, TaskText.json("1", "COMPLETED", outputs: outputs))
        } _: { client, _ in
            let task = try await client.task("1")
            #expect(throws: ClientError.self) { try task.outputs[0].fileName }
        }
    }

    @Test func resumesAnInterruptedDownload() async throws {
        try await Self.run { _, number in
            number == 1
                ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"t\"\r\n\r\n0123"), .close]
                : [.send("HTTP/1.1 206 X\r\nContent-Length: 6\r\nContent-Range: bytes 4-9/10\r\nETag: \"t\"\r\n\r\n456789"), .close]
        } _: { client, task, folder, server in
            try await client.save(task.outputs[0], ofTask: task.id, to: folder + "/a")
            let found = try String(contentsOfFile: folder + "/a", encoding: .utf8)
            #expect(found == Self.text)
            #expect(server.requests[2].headers["range"] == "bytes=4-")
            #expect(server.requests[2].headers["if-range"] == "\"t\"")
        }
    }

    @Test func restartsIfTheImageHasChanged() async throws {
        try await Self.run { _, number in
            number == 1 ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"t\"\r\n\r\nabcd"), .close] : .response(200, Self.text)
        } _: { client, task, folder, _ in
            try await client.save(task.outputs[0], ofTask: task.id, to: folder + "/a")
            let found = try String(contentsOfFile: folder + "/a", encoding: .utf8)
            #expect(found == Self.text)
        }
    }

    @Test func keepsNoIncompleteFile() async throws {
        try await Self.run { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"), .close]
        } _: { client, task, folder, server in
            await #expect { try await client.save(task.outputs[0], ofTask: task.id, to: folder + "/a") } throws: { error in
                guard case ClientError.brokenOff = error else { return false }
                return true
            }
            let found = try Self.names(folder)
            #expect(found == [])
            #expect(server.requests.count == 1 + RetryOptions.quick.attempts)
        }
    }

    @Test func keepsNoFileWithAnotherHash() async throws {
        try await Self.run { _, _ in
            .response(200, "0123456780")
        } _: { client, task, folder, _ in
            try Data("old".utf8).write(to: URL(filePath: folder + "/a"))
            await #expect { try await client.save(task.outputs[0], ofTask: task.id, to: folder + "/a") } throws: { error in
                guard case ClientError.wrongChecksum(let expected, _) = error else { return false }
                return expected == Self.digest
            }
            let found = try String(contentsOfFile: folder + "/a", encoding: .utf8)
            #expect(found == "old")
            let names = try Self.names(folder)
            #expect(names == ["a"])
        }
    }

    @Test func acceptsAtMostTheSizeOfTheImage() async throws {
        try await Self.run(bytes: 4) { _, _ in
            .response(200, Self.text)
        } _: { client, task, folder, _ in
            await #expect(throws: ClientError.invalidResponse("the image has more than its 4 bytes")) {
                try await client.save(task.outputs[0], ofTask: task.id, to: folder + "/a")
            }
        }
    }

    @Test func streamsARange() async throws {
        try await Self.run { _, _ in
            .response(206, "234", "Content-Range: bytes 2-4/10", "Content-Type: image/webp", "ETag: \"t\"")
        } _: {
            client, _, _, server in
            let download = try await client.output("small", ofTask: "1", range: ByteRange(first: 2, last: 4))
            #expect(download.isPartial)
            #expect(download.offset == 2)
            #expect(download.length == 3)
            #expect(download.mediaType == "image/webp")
            var text = ""
            // bounded: by the read time-out of the client.
            for try await bytes in download.bytes { text += String(buffer: bytes) }
            #expect(text == "234")
            #expect(server.requests[1].headers["range"] == "bytes=2-4")
        }
    }
}
