/// One message of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Hashable {
    /// Of this message or the last one before it that had one.
    public var id: String
    /// `message` if the stream does not say.
    public var name: String
    /// Its lines are parted by newlines.
    public var data: String

    public init(id: String, name: String, data: String) {
        self.id = id
        self.name = name
        self.data = data
    }
}

/// Reads a `text/event-stream` piece by piece, however it is cut (HTML, section 9.2.6).
public struct ServerSentEventParser: Sendable {
    /// A message has more bytes than are kept.
    public struct TooLargeError: Error, Sendable, Hashable {
        /// In bytes.
        public let limit: Int
    }

    /// Of the last message.
    public private(set) var lastEventID: String
    /// How soon to come back, as the stream last said.
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
    ///   - lastEventID: where the stream continues.
    ///   - limit: of one message in bytes; 4 MiB by default.
    public init(lastEventID: String = "", limit: Int = 4 * 1024 * 1024) {
        self.lastEventID = lastEventID
        id = lastEventID
        self.limit = limit
    }

    /// Takes the next piece, and returns the messages that it completes. What a stream that breaks off had begun is dropped.
    ///
    /// - Throws: `TooLargeError`; the parser is not to be used any more then.
    public mutating func read(_ bytes: some Sequence<UInt8>) throws -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let followsReturn = endedWithReturn
            endedWithReturn = byte == 0x0D
            switch byte {
            // The second byte of one end of a line.
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
        // A comment has no name of a field.
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
