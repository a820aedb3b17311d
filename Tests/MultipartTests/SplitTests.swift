import Multipart
import NIOCore
import Testing

/// A document means the same wherever the network cuts it.
@Suite struct SplitTests {
    static let documents: [String] = [
        field("a", "one") + field("b", "two\r\n\r\nlines\r\n") + "--b0undary--\r\n",
        field("empty", "") + "--b0undary--",
        "preamble\r\nof two lines\r\n" + field("a", "\r\n--b0undar\r\n--b0undarY\r\r\n-") + "--b0undary--\r\nepilogue\r\n--b0undary\r\n",
        "--b0undary \t \r\nContent-Disposition: form-data; name=a; filename=\"x.bin\"\r\nContent-Type: image/png\r\n\r\n\u{0}\u{1}\r\n--b0undary--  ",
        "--b0undary\r\nContent-Disposition: form-data; name=\"sharing\"\r\n\r\n--b0undary\r\n"
            + "Content-Disposition: form-data; name=\"next\"\r\n\r\n\r\n--b0undary--\r\n",
    ]

    @Test(arguments: documents)
    func everySplitIntoTwoPiecesParses(document: String) throws {
        let whole = try CollectedForm([ByteBuffer(string: document)])
        #expect(whole.isFinished)
        let buffer = ByteBuffer(string: document)
        for split in 0...buffer.readableBytes {
            let pieces = [buffer.getSlice(at: 0, length: split), buffer.getSlice(at: split, length: buffer.readableBytes - split)]
            #expect(try CollectedForm(pieces.compactMap(\.self)) == whole, "split at \(split)")
        }
    }

    @Test(arguments: documents, [1, 2, 3, 7])
    func smallChunksParse(document: String, size: Int) throws {
        let buffer = ByteBuffer(string: document)
        #expect(try CollectedForm(buffer.chunks(of: size)) == CollectedForm([buffer]))
    }

    @Test func theDocumentsAreParsedCorrectly() {
        let fields = Self.documents.map { outcome(of: $0) }
        #expect(
            fields == [
                .success([["a", "one"], ["b", "two\r\n\r\nlines\r\n"]]),
                .success([["empty", ""]]),
                .success([["a", "\r\n--b0undar\r\n--b0undarY\r\r\n-"]]),
                .success([["a", "\u{0}\u{1}"]]),
                .success([["sharing", ""], ["next", ""]]),
            ])
    }

    @Test func severalChunksMayBeFedBeforeTheFirstRead() throws {
        var parser = try MultipartParser(boundary: "b0undary")
        for chunk in ByteBuffer(string: Self.documents[0]).chunks(of: 5) { parser.feed(chunk) }
        var form = CollectedForm()
        while let event = try parser.next() { try form.add(event) }
        #expect(form.fields.map(\.first) == ["a", "b"])
    }

    @Test func bodiesAreSlicesOfTheInput() throws {
        var parser = try MultipartParser(boundary: "b0undary")
        parser.feed(ByteBuffer(string: "--b0undary\r\nContent-Disposition: form-data; name=a\r\n\r\n"))
        #expect(try parser.next() != nil)
        let chunk = ByteBuffer(repeating: 7, count: 100_000)
        parser.feed(chunk)
        guard case .body(let slice) = try parser.next() else { return #expect(Bool(false), "no body") }
        #expect(slice.readableBytes == chunk.readableBytes)
        let addresses = [chunk, slice].map { buffer in buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) } }
        #expect(addresses[0] == addresses[1])
    }
}
