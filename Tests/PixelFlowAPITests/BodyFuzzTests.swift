import HTTPTypes
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing

/// Damaged bodies of each media type are either rejected with a problem or accepted, and never cause an internal error.
@Suite struct BodyFuzzTests {
    private static let form =
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nbytes\r\n"
        + "--edge\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\n{\"outputs\":[{\"name\":\"a\"}]}\r\n--edge--\r\n"
    private static let json = #"{"image_url":"https://example.com/a.png","pipeline":{"outputs":[{"name":"a","quality":80}]}}"#
    private static let pipeline = #"{"outputs":[{"name":"a","operations":[{"op":"resize","width":3},{"op":"blur","sigma":1.5}]}]}"#
    private static let pieces = [
        "\"", "{", "}", "[", "]", "\\u", "\\", ",", ":", "null", "1e999", "-", "\r\n", "--edge", "\u{0}", "ä", "%",
    ]

    private static let targets: [(HTTPRequest.Method, String, String, String)] = [
        (.post, "/api/upload", "application/json", json), (.post, "/api/upload", "multipart/form-data; boundary=edge", form),
        (.post, "/api/upload", "image/png", "bytes"), (.post, "/api/upload", "application/x-www-form-urlencoded", json),
        (.put, "/api/presets/a", "application/json", pipeline), (.post, "/api/pipelines/check", "application/json", pipeline),
    ]

    @Test(arguments: 0..<6)
    func damagedBodiesAreRefusedAsProblems(target: Int) async throws {
        let (method, path, type, sound) = Self.targets[target]
        try await APIHarness().run { ada, _ in
            var random = SeededGenerator(seed: UInt64(target))
            for round in 0..<150 {
                let body = Self.damaged(Array(sound.utf8), &random)
                let response = try await ada.send(method, path, headers: [.contentType: type], body: ByteBuffer(bytes: body))
                #expect(response.status.code < 500, "round \(round): \(response.text)")
                guard response.status.code >= 400 else { continue }
                #expect(response.headers[.contentType] == "application/problem+json", "round \(round)")
                #expect(response.code != nil, "round \(round)")
            }
        }
    }

    private static func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[position] = .random(in: .min ... .max, using: &random)
            case 1: bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 1...9, using: &random)))
            case 2: bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)?.utf8 ?? "".utf8), at: position)
            default: bytes.removeLast(bytes.count - position)
            }
        }
        return bytes
    }
}
