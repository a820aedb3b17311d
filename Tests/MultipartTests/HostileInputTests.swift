import Multipart
import NIOCore
import Testing

@Suite struct HostileInputTests {
    @Test(arguments: [
        "\r\n--b0undaryX", "\r\n--b0undary-", "\r\n--b0undary-x-", "\r\n-b0undary", "\n--b0undary--", "--b0undary--", "\r--b0undary\r\n",
        "\r\n--b0undary \tx", "\r\n--b0undary\rx", "\r\r\n--b0undar", "\r\n--B0UNDARY--", "\r\n\r\n--b0undar", "\u{0}\u{0}",
        "\r\n--b0undary" + String(repeating: " ", count: 300) + "\r\n",
    ])
    func similarLinesBelongToTheBody(text: String) throws {
        let document = ByteBuffer(string: field("f", "x\(text)z") + "--b0undary--\r\n")
        let parts = [[document], document.chunks(of: 1)].map { chunks in Result { try CollectedForm(chunks).fields } }
        for part in parts { #expect(try part.get() == [["f", "x\(text)z"]]) }
    }

    /// A boundary that begins with an outer one is another boundary.
    @Test func nestedBoundariesBelongToTheBody() throws {
        let inner = field("inner", "text", boundary: "b0undary-inner") + "--b0undary-inner--\r\n"
        #expect(outcome(of: field("outer", inner) + "--b0undary--") == .success([["outer", inner]]))
    }

    static let broken: [(String, MultipartError)] = [
        ("", .firstBoundaryNotFound),
        ("no boundary at all", .firstBoundaryNotFound),
        ("--b0undar", .firstBoundaryNotFound),
        ("--other\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--other--\r\n", .firstBoundaryNotFound),
        ("x--b0undary--", .firstBoundaryNotFound),
        ("\n--b0undary--", .firstBoundaryNotFound),
        ("--b0undary", .firstBoundaryNotFound),
        ("--b0undary\r\n", .truncated),
        ("--b0undary\n", .bareLineFeed),
        ("--b0undary \n", .bareLineFeed),
        ("--b0undary\r\nContent-Disposition: form-data; name=a\r\n", .truncated),
        ("--b0undary\nContent-Disposition: form-data; name=a\n\nx\n--b0undary--\n", .bareLineFeed),
        ("\(field("a", "x"))", .truncated),
        ("\(field("a", "x"))--b0undary", .truncated),
        ("\(field("a", "x"))--b0undary-", .truncated),
        ("\(field("a", "x"))--b0undary\r\n", .truncated),
        ("\(field("a", "x"))--b0undary\n", .bareLineFeed),
        ("\(String(repeating: "x", count: 5000))\r\n--b0undary--", .firstBoundaryNotFound),
    ]

    @Test(arguments: broken)
    func malformedBodiesAreRefused(text: String, error: MultipartError) {
        #expect(outcome(of: text) == .failure(error))
    }

    @Test func formWithoutPartsIsValid() {
        #expect(outcome(of: "--b0undary--\r\n") == .success([]))
        #expect(outcome(of: "\r\n--b0undary--\r\n") == .success([]))
    }

    @Test func endlessHeadersAreRefused() throws {
        var parser = try MultipartParser(boundary: "b0undary")
        parser.feed(ByteBuffer(string: "--b0undary\r\nX: "))
        #expect(throws: MultipartError.headerTooLarge(limit: 8192)) {
            for _ in 0..<1024 {
                parser.feed(ByteBuffer(repeating: UInt8(ascii: "y"), count: 4096))
                // bounded: by the bytes that were fed.
                while try parser.next() != nil {}
            }
        }
        // It stays so.
        #expect(throws: MultipartError.headerTooLarge(limit: 8192)) { try parser.next() }
        #expect(throws: MultipartError.headerTooLarge(limit: 8192)) { try parser.finish() }
    }

    @Test func limitsAreExact() {
        let disposition = "Content-Disposition: form-data; name=a"
        func document(_ extra: Int) -> String {
            "--b0undary\r\n\(disposition)\r\n" + (0..<extra).map { "X-\($0): y\r\n" }.joined() + "\r\nbody\r\n--b0undary--"
        }
        #expect(outcome(of: document(15)) == .success([["a", "body"]]))
        #expect(outcome(of: document(16)) == .failure(.tooManyHeaders(limit: 16)))
        #expect(outcome(of: document(1_000_000)) == .failure(.tooManyHeaders(limit: 16)))

        let size = disposition.utf8.count + 4
        #expect(outcome(of: document(0), limits: MultipartLimits(headerBytes: size)) == .success([["a", "body"]]))
        #expect(outcome(of: document(0), limits: MultipartLimits(headerBytes: size - 1)) == .failure(.headerTooLarge(limit: size - 1)))

        let parts = (0..<3).map { field("\($0)", "") }.joined() + "--b0undary--"
        #expect(outcome(of: parts, limits: MultipartLimits(parts: 3)) == .success([["0", ""], ["1", ""], ["2", ""]]))
        #expect(outcome(of: parts, limits: MultipartLimits(parts: 2)) == .failure(.tooManyParts(limit: 2)))
    }

    @Test func epilogueOfAnyLengthIsIgnored() throws {
        var parser = try MultipartParser(boundary: "b0undary")
        parser.feed(ByteBuffer(string: "--b0undary--\r\n"))
        #expect(try parser.next() == .finished)
        for _ in 0..<100 {
            parser.feed(ByteBuffer(string: field("late", "x")))
            #expect(try parser.next() == nil)
        }
        try parser.finish()
    }
}
