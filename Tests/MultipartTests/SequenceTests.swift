import Deadlines
import Multipart
import NIOCore
import Testing

@Suite struct SequenceTests {
    static let document = field("a", "one") + field("b", "two") + "--b0undary--\r\n"

    static func stream(_ chunks: [ByteBuffer], failure: (any Error)? = nil) -> AsyncThrowingStream<ByteBuffer, any Error> {
        AsyncThrowingStream { continuation in
            for chunk in chunks { continuation.yield(chunk) }
            continuation.finish(throwing: failure)
        }
    }

    @Test(arguments: [1, 3, 1000])
    func streamYieldsItsParts(size: Int) async throws {
        let events = try MultipartSequence(Self.stream(ByteBuffer(string: Self.document).chunks(of: size)), boundary: "b0undary")
        var form = CollectedForm()
        // bounded: by the stream, which is whole.
        for try await event in events { try form.add(event) }
        #expect(form.fields == [["a", "one"], ["b", "two"]])
        #expect(form.isFinished)
    }

    @Test func aShortStreamIsTruncated() async throws {
        let events = try MultipartSequence(Self.stream([ByteBuffer(string: field("a", "one"))]), boundary: "b0undary")
        await #expect(throws: MultipartError.truncated) { try await events.end("the end of the form") }
    }

    @Test func errorOfTheStreamIsRethrown() async throws {
        struct Broken: Error {}
        let stream = Self.stream([ByteBuffer(string: field("a", "one"))], failure: Broken())
        let events = try MultipartSequence(stream, boundary: "b0undary")
        await #expect(throws: Broken.self) { try await events.end("the end of the form") }
    }

    @Test func sequenceEndsAfterTheLastPart() async throws {
        var iterator = try MultipartSequence(Self.stream([ByteBuffer(string: "--b0undary--")]), boundary: "b0undary").makeAsyncIterator()
        #expect(try await iterator.next("the end of the form") == .finished)
        #expect(try await iterator.next("the end of the form") == nil)
        #expect(try await iterator.next("the end of the form") == nil)
    }
}
