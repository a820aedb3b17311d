public import NIOCore

/// Parses multipart/form-data (RFC 7578, RFC 2046) incrementally, without performing I/O.
///
/// Feed it chunks of any size and request events until it returns nil:
///
///     var parser = try MultipartParser(boundary: boundary)
///     parser.feed(chunk)
///     while let event = try parser.next() { … }
///
/// Call `finish()` after the last chunk. A boundary must fill a whole line (trailing whitespace is
/// allowed); a line that merely begins with it belongs to the part. Memory is bounded by the chunk
/// size and the limits. After an error, the parser keeps throwing the same error.
public struct MultipartParser: Sendable {
    private enum State {
        /// At the first byte, where the boundary needs no preceding line break.
        case start
        case preamble
        case header
        /// At the first byte of a part's body: an empty body may share its line break with the boundary.
        case bodyStart
        case body
        /// The closing boundary has been read, but `finished` has not been returned.
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

    /// Adds the next bytes of the body. Request all events of earlier chunks first.
    public mutating func feed(_ chunk: ByteBuffer) {
        if case .finished = state { return }
        guard pending.readableBytes > 0 else {
            pending = chunk
            return
        }
        // A fresh buffer, because the pending one shares its storage with slices that were returned.
        var joined = ByteBuffer()
        joined.reserveCapacity(pending.readableBytes + chunk.readableBytes)
        joined.writeImmutableBuffer(pending)
        joined.writeImmutableBuffer(chunk)
        pending = joined
    }

    /// The next event, or nil if more input is needed. Always nil after `finished`.
    public mutating func next() throws(MultipartError) -> MultipartEvent? {
        do {
            return try advance()
        } catch {
            state = .failed(error)
            pending.clear()
            throw error
        }
    }

    /// Marks the end of the input.
    ///
    /// - Throws: `firstBoundaryNotFound` or `truncated`, unless `finished` has been or will be returned.
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

    /// - Returns: false if more bytes are needed to decide.
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

    /// Consumes a boundary line and updates the state.
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
