import NIOCore
import PixelFlowCore

/// One message of a `text/event-stream`.
struct ServerSentEvent {
    var id: String
    var event: String
    /// Must not contain line breaks.
    var data: ByteBuffer

    func write(to buffer: inout ByteBuffer) {
        buffer.writeString("id: \(id)\nevent: \(event)\ndata: ")
        buffer.writeImmutableBuffer(data)
        buffer.writeString("\n\n")
    }

    /// A comment that keeps proxies from closing an idle stream.
    static let heartbeat = ByteBuffer(string: ": heartbeat\n\n")

    /// Makes clients reconnect after two seconds.
    static let retry = ByteBuffer(string: "retry: 2000\n\n")

    /// Sets the position from which a client continues, without an event.
    static func position(_ position: EventPosition) -> ByteBuffer { ByteBuffer(string: "id: \(position.id)\n\n") }

    /// Tells a client that it has missed events that will not be sent again.
    static let reset = ByteBuffer(string: "event: reset\ndata: {}\n\n")
}

extension TaskViews {
    /// Encodes a change as a message for clients.
    func event(_ change: TaskChange) throws -> ServerSentEvent {
        let id = EventPosition.id(of: change.task)
        let isDeleted = change.task.deletedAt != nil
        let data = isDeleted ? ByteBuffer(string: #"{"id":"\#(change.task.id)"}"#) : try json(change)
        return ServerSentEvent(id: id, event: isDeleted ? "task_deleted" : "task", data: data)
    }
}

/// A client's position in the changes of its tasks: the time of the last received one.
struct EventPosition: Sendable, Hashable {
    /// Changes are sent almost, but not exactly, in the order of their times, so a client receives those shortly before its position again.
    static let overlap = Duration.seconds(10)

    let time: Timestamp

    init(at time: Timestamp) { self.time = time }

    /// The `id:` of the position before any event.
    var id: String { "\(time.microseconds)" }

    /// The `id:` of a change.
    static func id(of task: TaskRecord) -> String { "\(task.updatedAt.microseconds)-\(task.id)-\(task.revision)" }

    /// Parses a `Last-Event-ID`. A client that sends one has missed events. If PixelFlow did not create it, or it is later than any event, it
    /// is `unknown` which.
    ///
    /// - Parameter now: a time of the store; nil if it is not known.
    init(lastEventID: String, now: Timestamp?) {
        let digits = lastEventID.split(separator: "-", omittingEmptySubsequences: false).first
        let found = Timestamp(microseconds: digits.flatMap { Int64($0) } ?? 0)
        let isPossible = found > Self.unknown.time && found <= (now ?? found) + Self.clockDifference
        time = isPossible ? found : Self.unknown.time
    }

    /// The client must read its tasks again.
    static let unknown = EventPosition(at: Timestamp(microseconds: 0))
    /// The clocks of replicas may differ by this.
    private static let clockDifference = Duration.seconds(3600)

    /// Changes after this time are sent again.
    var resume: Timestamp { time - Self.overlap }
}
