public import NIOCore

/// Parses multipart/form-data (RFC 7578, RFC 2046) as it arrives, without any I/O of its own.
///
/// Feed it chunks of any size and ask for events until it has no more:
///
///     var parser = try MultipartParser(boundary: boundary)
///     parser.feed(chunk)
///     while let event = try parser.next() { … }
///
/// and call `finish()` after the last chunk. A boundary counts only as a whole line (trailing blanks
/// allowed); text that merely begins like one belongs to the part. Memory is bounded by the chunk
/// and the limits. After an error the parser throws the same error for ever.
public struct MultipartParser: Sendable {
    private enum State {
        /// At the first byte, where the boundary needs no line end before it.
        case start
        case preamble
        case header
        /// At the first byte of a body: an empty one may share its line end with the boundary.
        case bodyStart
        case body
        /// The closing boundary was read; `finished` has yet to be told.
        case closing
        case finished
        case failed(MultipartError)
    }

    private let delimiter: Delimiter
    private let limits: MultipartLimits
    private var state = State.start
    private var pending = ByteBuffer()
    private var header: PartHeader
    private var partCount = 0
    private var preambleBytes = 0

    /// - Throws: `boundaryInvalid`.
    public init(boundary: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        guard Self.isValid(boundary: boundary) else { throw .boundaryInvalid }
        self.delimiter = Delimiter(boundary: boundary)
        self.limits = limits
        self.header = PartHeader(limits: limits)
    }

    /// Takes the next bytes of the body. What the earlier chunks held is best asked for first.
    public mutating func feed(_ chunk: ByteBuffer) {
        if case .finished = state { return }
        guard pending.readableBytes > 0 else {
            pending = chunk
            return
        }
        // A fresh buffer, since the pending one shares its storage with the slices handed out.
        var joined = ByteBuffer()
        joined.reserveCapacity(pending.readableBytes + chunk.readableBytes)
        joined.writeImmutableBuffer(pending)
        joined.writeImmutableBuffer(chunk)
        pending = joined
    }

    /// The next event, or nil until more is fed (and for ever after `finished`).
    public mutating func next() throws(MultipartError) -> MultipartEvent? {
        do {
            return try advance()
        } catch {
            state = .failed(error)
            pending.clear()
            throw error
        }
    }

    /// Says that nothing more will come.
    ///
    /// - Throws: `firstBoundaryNotFound` or `truncated`, unless `finished` was told or is next.
    public func finish() throws(MultipartError) {
        switch state {
        case .finished, .closing: return
        case .failed(let error): throw error
        case .start, .preamble: throw .firstBoundaryNotFound
        case .header, .bodyStart, .body: throw .truncated
        }
    }

    private mutating func advance() throws(MultipartError) -> MultipartEvent? {
        while true {
            switch state {
            case .start:
                guard try skipStart() else { return nil }
            case .preamble:
                guard try skipPreamble() else { return nil }
            case .header:
                return try readHeader().map(MultipartEvent.partBegan)
            case .bodyStart:
                switch try delimiter.atLineStart(of: pending) {
                case .incomplete: return nil
                case .absent: state = .body
                case .found(let end): return try endPart(end)
                }
            case .body:
                return try readBody()
            case .closing:
                state = .finished
                pending.clear()
                return .finished
            case .finished:
                return nil
            case .failed(let error):
                throw error
            }
        }
    }

    /// - Returns: false if more bytes are needed to tell.
    private mutating func skipStart() throws(MultipartError) -> Bool {
        switch try delimiter.atLineStart(of: pending) {
        case .incomplete: return false
        case .absent: state = .preamble
        case .found(let end): try pass(end)
        }
        return true
    }

    private mutating func skipPreamble() throws(MultipartError) -> Bool {
        let scan = try delimiter.search(in: pending)
        preambleBytes += scan.before
        guard preambleBytes <= limits.preambleBytes else { throw .firstBoundaryNotFound }
        pending.moveReaderIndex(forwardBy: scan.before)
        guard let end = scan.end else { return false }
        try pass(end)
        return true
    }

    private mutating func readHeader() throws(MultipartError) -> MultipartPart? {
        guard let headers = try header.read(from: &pending) else { return nil }
        state = .bodyStart
        return try MultipartPart(headers: headers)
    }

    private mutating func readBody() throws(MultipartError) -> MultipartEvent? {
        let scan = try delimiter.search(in: pending)
        if scan.before > 0 { return pending.readSlice(length: scan.before).map(MultipartEvent.body) }
        guard let end = scan.end else { return nil }
        return try endPart(end)
    }

    private mutating func endPart(_ end: Delimiter.End) throws(MultipartError) -> MultipartEvent {
        try pass(end)
        return .partEnded
    }

    /// Consumes a boundary line and enters what follows it.
    private mutating func pass(_ end: Delimiter.End) throws(MultipartError) {
        pending.moveReaderIndex(forwardBy: end.length)
        guard !end.closes else {
            state = .closing
            return
        }
        partCount += 1
        guard partCount <= limits.parts else { throw .tooManyParts(limit: limits.parts) }
        header = PartHeader(limits: limits)
        state = .header
    }
}
