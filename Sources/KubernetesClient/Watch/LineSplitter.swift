/// Splits a byte stream into lines.
struct LineSplitter {
    private var rest: [UInt8] = []
    private var scanned = 0
    private let limit: Int

    /// - Parameter limit: Longer lines are split, so that a stream without line breaks does not exhaust memory.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        rest.append(contentsOf: bytes)
    }

    /// The next complete line without its line break.
    mutating func next() -> [UInt8]? {
        guard let end = rest[scanned...].firstIndex(of: UInt8(ascii: "\n")) else {
            scanned = rest.count
            return rest.count >= limit ? take(rest.count, dropping: 0) : nil
        }
        return take(end, dropping: 1)
    }

    /// What remains at the end of the stream.
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
