/// A message of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Hashable {
    /// The id of this message, or of the most recent one that had an id.
    public var id: String
    /// `message` if the stream does not name it.
    public var name: String
    /// Lines are separated by newlines.
    public var data: String

    public init(id: String, name: String, data: String) {
        self.id = id
        self.name = name
        self.data = data
    }
}

/// Incrementally parses a `text/event-stream`, regardless of chunk boundaries (HTML, section 9.2.6).
public struct ServerSentEventParser: Sendable {
    /// A message exceeds the buffer limit.
    public struct TooLargeError: Error, Sendable, Hashable {
        /// Bytes.
        public let limit: Int
    }

    /// The id of the last message.
    public private(set) var lastEventID: String
    /// The reconnection time that the stream last set.
    public private(set) var retry: Duration?

    private let limit: Int
    private var line: [UInt8] = []
    private var endedWithReturn = false
    private var isAtStart = true
    private var id: String
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false

    /// - Parameters:
    ///   - lastEventID: the position where the stream continues.
    ///   - limit: the maximum size of a message in bytes; 4 MiB by default.
    public init(lastEventID: String = "", limit: Int = 4 * 1024 * 1024) {
        self.lastEventID = lastEventID
        id = lastEventID
        self.limit = limit
    }

    /// Parses the next bytes and returns the messages that they complete. An unfinished message at the end of a stream is dropped.
    ///
    /// - Throws: `TooLargeError`; afterwards, the parser must not be used any more.
    public mutating func read(_ bytes: some Sequence<UInt8>) throws -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let followsReturn = endedWithReturn
            endedWithReturn = byte == 0x0D
            switch byte {
            // The second byte of a CR LF.
            case 0x0A where followsReturn: break
            case 0x0A, 0x0D: if let event = takeLine() { events.append(event) }
            default:
                line.append(byte)
                guard line.count + data.count <= limit else { throw TooLargeError(limit: limit) }
            }
        }
        return events
    }

    private mutating func takeLine() -> ServerSentEvent? {
        if isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isAtStart = false
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        // A comment has an empty field name.
        take(String(decoding: line[..<colon], as: UTF8.self), value)
        return nil
    }

    private mutating func take(_ field: String, _ value: ArraySlice<UInt8>) {
        switch field {
        case "data":
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        case "event": name = String(decoding: value, as: UTF8.self)
        case "id" where !value.contains(0): id = String(decoding: value, as: UTF8.self)
        case "retry" where !value.isEmpty && value.allSatisfy { (0x30...0x39).contains($0) }:
            retry = Int64(String(decoding: value, as: UTF8.self)).map { .milliseconds($0) } ?? retry
        default: break
        }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        lastEventID = id
        defer {
            name = ""
            data.removeAll(keepingCapacity: true)
            hasData = false
        }
        guard hasData else { return nil }
        return ServerSentEvent(id: id, name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self))
    }
}
