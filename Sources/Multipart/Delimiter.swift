import NIOCore

/// Finds boundary lines in incomplete input.
struct Delimiter: Sendable {
    /// A complete boundary line.
    struct End: Hashable {
        /// Bytes of the line, including the line breaks before and after it.
        var length: Int
        /// Whether it is the closing boundary. Its line break then belongs to the epilogue.
        var closes: Bool
    }

    enum Match {
        case found(End)
        case absent
        /// More bytes are needed to decide.
        case incomplete
    }

    /// The number of leading bytes that are certainly not part of a boundary, and the boundary after them, if any.
    struct Scan {
        var before: Int
        var end: End?
    }

    /// Whitespace after a boundary: RFC 2046 allows gateways to add some, without a limit.
    static let maximumPadding = 256

    /// CR LF, two hyphens and the boundary.
    private let bytes: [UInt8]
    private static let lineEndLength = 2

    init(boundary: String) { bytes = Array("\r\n--\(boundary)".utf8) }

    /// Whether `buffer` begins with a boundary line whose leading line break has already been consumed.
    func atLineStart(of buffer: ByteBuffer) throws(MultipartError) -> Match {
        try scoped(buffer) { input throws(MultipartError) in try match(in: input, at: 0, skipping: Self.lineEndLength) }
    }

    /// Finds the first boundary line in `buffer`. `end` is nil if there is none or it may be incomplete.
    func search(in buffer: ByteBuffer) throws(MultipartError) -> Scan {
        try scoped(buffer) { input throws(MultipartError) in
            var from = 0
            // A boundary contains no CR, so candidates never overlap and the search takes linear time.
            while let candidate = input.offset(of: UInt8(ascii: "\r"), from: from) {
                switch try match(in: input, at: candidate, skipping: 0) {
                case .found(let end): return Scan(before: candidate, end: end)
                case .incomplete: return Scan(before: candidate, end: nil)
                case .absent: from = candidate + 1
                }
            }
            return Scan(before: input.count, end: nil)
        }
    }

    private func match(in input: UnsafeRawBufferPointer, at start: Int, skipping skipped: Int) throws(MultipartError) -> Match {
        var position = start
        for byte in bytes[skipped...] {
            guard position < input.count else { return .incomplete }
            guard input[position] == byte else { return .absent }
            position += 1
        }
        return try lineEnd(in: input, from: start, at: position)
    }

    /// Parses what follows the boundary itself: `--`, or whitespace and a line break.
    private func lineEnd(in input: UnsafeRawBufferPointer, from start: Int, at end: Int) throws(MultipartError) -> Match {
        var position = end
        if position < input.count, input[position] == UInt8(ascii: "-") {
            guard position + 1 < input.count else { return .incomplete }
            guard input[position + 1] == UInt8(ascii: "-") else { return .absent }
            return .found(End(length: position + 2 - start, closes: true))
        }
        while position < input.count, input[position].isBlank, position - end <= Self.maximumPadding { position += 1 }
        guard position < input.count else { return .incomplete }
        if input[position] == UInt8(ascii: "\n") { throw .bareLineFeed }
        guard input[position] == UInt8(ascii: "\r") else { return .absent }
        guard position + 1 < input.count else { return .incomplete }
        guard input[position + 1] == UInt8(ascii: "\n") else { return .absent }
        return .found(End(length: position + 2 - start, closes: false))
    }

    /// Provides scoped access to the readable bytes with typed errors.
    private func scoped<Value>(
        _ buffer: ByteBuffer, _ body: (UnsafeRawBufferPointer) throws(MultipartError) -> Value
    ) throws(MultipartError) -> Value {
        let result: Result<Value, MultipartError> = buffer.withUnsafeReadableBytes { input in
            do throws(MultipartError) { return .success(try body(input)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
