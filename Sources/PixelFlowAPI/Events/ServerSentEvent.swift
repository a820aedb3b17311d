import NIOCore
import PixelFlowCore

/// One message of a `text/event-stream`.
struct ServerSentEvent {
    var id: String
    var event: String
    /// Without line ends.
    var data: ByteBuffer

    func write(to buffer: inout ByteBuffer) {
        buffer.writeString("id: \(id)\nevent: \(event)\ndata: ")
        buffer.writeImmutableBuffer(data)
        buffer.writeString("\n\n")
    }

    /// What keeps proxies from closing an idle stream.
    static let heartbeat = ByteBuffer(string: ": heartbeat\n\n")

    /// How soon a client comes back after a break: two seconds.
    static let retry = ByteBuffer(string: "retry: 2000\n\n")

    /// Tells a client that it has missed events that will not be sent again.
    static let reset = ByteBuffer(string: "event: reset\ndata: {}\n\n")
}

extension TaskViews {
    /// A change as a message for its owner's clients.
    func event(_ change: TaskChange) throws -> ServerSentEvent {
        let id = EventPosition.id(of: change.task)
        let isDeleted = change.task.deletedAt != nil
        let data = isDeleted ? ByteBuffer(string: #"{"id":"\#(change.task.id)"}"#) : try json(change)
        return ServerSentEvent(id: id, event: isDeleted ? "task_deleted" : "task", data: data)
    }
}

/// The position of a client in the changes of its tasks: the time of the last one that it received.
struct EventPosition: Sendable, Hashable {
    /// Changes are sent in nearly, not exactly, the order of their times, so a client receives again
    /// those of this time before its position.
    static let overlap = Duration.seconds(10)

    let time: Timestamp

    /// The `id:` of a change.
    static func id(of task: TaskRecord) -> String { "\(task.updatedAt.microseconds)-\(task.id)-\(task.revision)" }

    /// Reads a `Last-Event-ID`; nil if it is none of ours.
    init?(lastEventID: String) {
        guard let digits = lastEventID.split(separator: "-", omittingEmptySubsequences: false).first, let microseconds = Int64(digits),
            microseconds > 0
        else { return nil }
        time = Timestamp(microseconds: microseconds)
    }

    /// Changes after this time are sent again.
    var resume: Timestamp { time - Self.overlap }
}
