import Foundation
import NIOCore
import PixelFlowCore
import PixelFlowFetch
import RawHTTP
import Testing

/// Bodies in an encoding that was not requested. The compressed bytes were made with Python's gzip and zlib.
@Suite struct EncodingTests {
    /// "image", as gzip with a file name, as zlib, and as raw deflate.
    private static let gzip = bytes("H4sICAAAAAAC/2EuanBnAMvMTUxPBQBfBD3FBQAAAA==")
    private static let zlib = bytes("eNrLzE1MTwUABhwCBA==")
    private static let raw = bytes("y8xNTE8FAA==")

    private static func bytes(_ base64: String) -> [UInt8] { Data(base64Encoded: base64).map(Array.init) ?? [] }

    private static func responder(_ coding: String, _ body: [UInt8], _ headers: String = "", inPieces: Bool = false) -> RawServer.Responder
    {
        { _, channel in
            let head = Array("HTTP/1.1 200 OK\r\n\(headers)Content-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
            guard inPieces else { return channel.send(head + body) }
            for byte in head + body.dropLast() { channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil) }
            channel.send(Array(body.suffix(1)))
        }
    }

    @Test(arguments: [("gzip", gzip), ("x-gzip", gzip), ("GZip", gzip), ("identity, gzip", gzip), ("deflate", zlib), ("deflate", raw)])
    func gzipAndDeflateAreDecoded(coding: String, body: [UInt8]) async throws {
        for inPieces in [false, true] {
            try await RawServer.run(respond: Self.responder(coding, body, inPieces: inPieces)) { server in
                let source = try await localFetcher().fetch(server.url(), limit: 100)
                #expect(String(buffer: source.bytes) == "image")
            }
        }
    }

    @Test(arguments: [("identity", "plain"), ("", "plain"), ("gzip", ""), ("deflate", "")])
    func uncompressedBodiesAreKeptUnchanged(coding: String, body: String) async throws {
        try await RawServer.run(respond: Self.responder(coding, Array(body.utf8))) { server in
            let source = try await localFetcher().fetch(server.url(), limit: 100)
            #expect(String(buffer: source.bytes) == body)
        }
    }

    @Test func concatenatedMembersFormOneBody() async throws {
        let body = Self.gzip + Self.gzip + [0, 0, 0]
        for inPieces in [false, true] {
            try await RawServer.run(respond: Self.responder("gzip", body, inPieces: inPieces)) { server in
                let source = try await localFetcher().fetch(server.url(), limit: 100)
                #expect(String(buffer: source.bytes) == "imageimage")
            }
        }
    }

    @Test(arguments: ["br", "zstd", "compress", "gzip, gzip", "br, gzip", "*"])
    func unsupportedEncodingIsNamed(coding: String) async throws {
        try await RawServer.run(respond: Self.responder(coding, Self.gzip)) { server in
            let error = await #expect(throws: PixelFlowError.self) { try await localFetcher().fetch(server.url(), limit: 100) }
            #expect(error?.code == "source_encoding_unsupported")
            #expect(error?.retry == .permanent)
            #expect(error?.message.contains(coding) == true)
        }
    }

    @Test func damagedAndTruncatedBodiesFail() async throws {
        var damaged = Self.gzip
        damaged[damaged.count - 8] ^= 0xFF
        for (coding, body, expected) in [
            ("gzip", damaged, "source_encoding_invalid permanent"), ("gzip", Array("plain".utf8), "source_encoding_invalid permanent"),
            ("deflate", Array("?????".utf8), "source_encoding_invalid permanent"),
            ("gzip", Array(Self.gzip.dropLast()), "source_unavailable transient"),
            ("gzip", Array(Self.gzip.prefix(12)), "source_unavailable transient"),
        ] {
            try await RawServer.run(respond: Self.responder(coding, body)) { server in
                #expect(await outcome(of: server.url()) == expected)
            }
        }
    }

    /// Each byte sent decodes to 1 kB of zeros; far less than the decoded size is held in memory.
    @Test func decompressionBombsEndAtTheLimit() async throws {
        let member = try #require(Self.bomb)
        try await RawServer.run(respond: Self.responder("gzip", Array(repeating: member, count: 4).flatMap(\.self))) { server in
            #expect(await outcome(of: server.url(), limit: 1 << 20) == "source_too_large permanent")
            #expect(await outcome(of: server.url(), limit: 5 << 20) == "ok")
            #expect(await outcome(of: server.url(), limit: 4 << 20) == "ok")
            #expect(await outcome(of: server.url(), limit: (4 << 20) - 1) == "source_too_large permanent")
        }
    }

    /// Empty members decode to nothing, however many are sent.
    @Test func emptyMembersCountTowardsTheLimit() async throws {
        let empty = Self.bytes("H4sIAAAAAAAC/wMAAAAAAAAAAAA=")
        let many = Array(repeating: empty, count: 500).flatMap(\.self)
        let respond: RawServer.Responder = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", close: false)
            Self.sendForever(many, channel)
        }
        try await RawServer.run(respond: respond) { server in
            #expect(await outcome(of: server.url(), limit: 1 << 20) == "source_too_large permanent")
        }
    }

    private static func sendForever(_ bytes: [UInt8], _ channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenSuccess { channel.eventLoop.execute { sendForever(bytes, channel) } }
    }

    /// A compressed megabyte of zeros.
    private static let bomb: [UInt8]? = {
        let packed = bytes("H4sIAAAAAAACA+3BMQEAAADCoPVPbQhfo" + String(repeating: "A", count: 1355) + "PgMc6jinAAAQAA==")
        return packed.isEmpty ? nil : packed
    }()
}
