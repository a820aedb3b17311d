import Testing

@testable import PixelFlowMongo

@Suite struct BSONDocumentTests {
    private let sample: BSONDocument = [
        "text": "Füße \0 end", "number": .int(-5), "large": .int(Int64.max), "fraction": .double(0.25), "yes": true, "no": false,
        "nothing": .null, "list": ["a", 2, ["deep": [[:]]]], "empty": [:],
    ]

    @Test func documentsSurviveARoundTrip() throws {
        #expect(try decode(sample.encoded()) == sample)
    }

    @Test func encodingMatchesTheSpecification() {
        let document: BSONDocument = ["hello": "world"]
        #expect(document.encoded() == [0x16, 0, 0, 0, 0x02] + Array("hello\0".utf8) + [6, 0, 0, 0] + Array("world\0".utf8) + [0])
    }

    @Test func skipsUnusedTypes() throws {
        // A timestamp, binary bytes, an object id, a regular expression, a 32-bit number and a date.
        var bytes: [UInt8] = [0, 0, 0, 0]
        bytes += [0x11] + Array("t\0".utf8) + [UInt8](repeating: 1, count: 8)
        bytes += [0x05] + Array("b\0".utf8) + [2, 0, 0, 0, 0, 9, 9]
        bytes += [0x07] + Array("o\0".utf8) + [UInt8](repeating: 7, count: 12)
        bytes += [0x0b] + Array("r\0a.b\0i\0".utf8)
        bytes += [0x10] + Array("n\0".utf8) + [5, 0, 0, 0]
        bytes += [0x09] + Array("d\0".utf8) + [1, 0, 0, 0, 0, 0, 0, 0]
        bytes.append(0)
        bytes[0] = UInt8(bytes.count)
        let document = try decode(bytes)
        #expect(document["n"]?.int == 5)
        #expect(document["d"]?.int64 == 1)
        #expect(document["o"] == .other)
    }

    @Test func truncatedBytesAreRefused() {
        let bytes = sample.encoded()
        for length in 0..<bytes.count {
            #expect(throws: BSONError.self, "\(length) bytes") { try decode(Array(bytes.prefix(length))) }
        }
    }

    @Test func damagedBytesNeverTrap() {
        let bytes = sample.encoded()
        for index in bytes.indices {
            for value: UInt8 in [0, 1, 0x7f, 0xff] {
                var damaged = bytes
                damaged[index] = value
                _ = try? decode(damaged)
            }
        }
    }

    private func decode(_ bytes: [UInt8]) throws -> BSONDocument {
        try bytes.withUnsafeBytes { try BSONDocument(decoding: $0) }
    }
}
