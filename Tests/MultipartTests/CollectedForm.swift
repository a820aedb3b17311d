import Multipart
import NIOCore
import Testing

/// A form, put together again from the events of a parser.
struct CollectedForm: Equatable {
    struct Part: Equatable {
        var head: MultipartPart
        var body: ByteBuffer
        var isComplete = false
    }

    var parts: [Part] = []
    var isFinished = false

    init() {}

    /// Feeds chunk by chunk, asking for all events in between, and finishes.
    init(_ chunks: some Sequence<ByteBuffer>, boundary: String = "b0undary", limits: MultipartLimits = MultipartLimits()) throws {
        var parser = try MultipartParser(boundary: boundary, limits: limits)
        for chunk in chunks {
            parser.feed(chunk)
            while let event = try parser.next() { try add(event) }
        }
        try parser.finish()
        while let event = try parser.next() { try add(event) }
    }

    /// - Throws: `OutOfOrder` where an event breaks the order that `MultipartEvent` promises.
    mutating func add(_ event: MultipartEvent) throws {
        guard !isFinished else { throw OutOfOrder() }
        let isInPart = parts.last.map { !$0.isComplete } ?? false
        switch event {
        case .partBegan(let head) where !isInPart: parts.append(Part(head: head, body: ByteBuffer()))
        case .body(let bytes) where isInPart && bytes.readableBytes > 0: parts[parts.count - 1].body.writeImmutableBuffer(bytes)
        case .partEnded where isInPart: parts[parts.count - 1].isComplete = true
        case .finished where !isInPart: isFinished = true
        default: throw OutOfOrder()
        }
    }

    struct OutOfOrder: Error {}

    /// Names and bodies alone.
    var fields: [[String]] { parts.map { [$0.head.name, String(buffer: $0.body)] } }
}

extension ByteBuffer {
    /// Pieces of `size` bytes, the last one shorter.
    func chunks(of size: Int) -> [ByteBuffer] {
        stride(from: 0, to: readableBytes, by: size).compactMap {
            getSlice(at: readerIndex + $0, length: Swift.min(size, readableBytes - $0))
        }
    }
}

/// One part as a sender writes it, boundary line included.
func field(_ name: String, _ body: String, boundary: String = "b0undary") -> String {
    "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(body)\r\n"
}

/// What a parser makes of `text`, or the error it throws.
func outcome(of text: String, boundary: String = "b0undary", limits: MultipartLimits = MultipartLimits()) -> Result<
    [[String]], MultipartError
> {
    do {
        return .success(try CollectedForm([ByteBuffer(string: text)], boundary: boundary, limits: limits).fields)
    } catch let error as MultipartError {
        return .failure(error)
    } catch {
        Issue.record("unexpected \(error)")
        return .failure(.truncated)
    }
}
