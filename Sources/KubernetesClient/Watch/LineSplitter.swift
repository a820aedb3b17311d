/// Cuts a stream of bytes into lines.
struct LineSplitter {
    private var rest: [UInt8] = []
    private var scanned = 0
    private let limit: Int

    /// - Parameter limit: A longer line is cut here, so that a stream without ends of line does not fill the memory.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        rest.append(contentsOf: bytes)
    }

    /// The next whole line without its end.
    mutating func next() -> [UInt8]? {
        guard let end = rest[scanned...].firstIndex(of: UInt8(ascii: "\n")) else {
            scanned = rest.count
            return rest.count >= limit ? take(rest.count, dropping: 0) : nil
        }
        return take(end, dropping: 1)
    }

    /// The rest after the end of the stream.
    mutating func last() -> [UInt8]? {
        rest.isEmpty ? nil : take(rest.count, dropping: 0)
    }

    private mutating func take(_ count: Int, dropping separator: Int) -> [UInt8] {
        var line = Array(rest[..<count])
        rest.removeFirst(count + separator)
        scanned = 0
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }
}
