import Multipart
import NIOCore
import TestSupport
import Testing

/// Not a benchmark: a guard against anything that is not linear. The bounds leave room for a very busy machine.
@Suite(.serialized) struct ThroughputTests {
    static func time(body: ByteBuffer, chunkSize: Int) throws -> Duration {
        var document = ByteBuffer(string: "--b0undary\r\nContent-Disposition: form-data; name=f\r\n\r\n")
        document.writeImmutableBuffer(body)
        document.writeString("\r\n--b0undary--")
        let chunks = document.chunks(of: chunkSize)
        var parser = try MultipartParser(boundary: "b0undary")
        var received = 0
        let duration = try ContinuousClock().measure {
            for chunk in chunks {
                parser.feed(chunk)
                while let event = try parser.next() { if case .body(let bytes) = event { received += bytes.readableBytes } }
            }
            try parser.finish()
        }
        #expect(received == body.readableBytes)
        return duration
    }

    @Test func photographsParseFast() throws {
        var random = SeededGenerator(seed: 1)
        let noise = ByteBuffer(bytes: (0..<1 << 17).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
        var body = ByteBuffer()
        for _ in 0..<16 { body.writeImmutableBuffer(noise) }
        let duration = try Self.time(body: body, chunkSize: 64 * 1024)
        print("16 MiB of noise in 64 KiB chunks: \(duration)")
        #expect(duration < .seconds(60))
    }

    @Test(arguments: ["\r", "\r\n", "\r\n--b0undar", "\r\n--b0undary  x", "\r\n--b0undaryX", "\r\n-"])
    func boundaryLookalikesParseFast(text: String) throws {
        let body = ByteBuffer(string: String(repeating: text, count: 1 << 20 / text.utf8.count))
        let duration = try Self.time(body: body, chunkSize: 16 * 1024)
        #expect(duration < .seconds(60))
    }
}
