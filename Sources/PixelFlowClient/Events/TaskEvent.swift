import WireFormats

/// A message of an event stream.
public struct TaskEvent: Sendable, Hashable {
    public enum Change: Sendable, Hashable {
        /// The stream is open, also after a reconnect: all changes from now on are reported.
        case opened
        /// The current state of a task. Each change is reported at least once.
        case task(ImageTask)
        /// The task with this id was deleted.
        case deleted(String)
        /// Some changes were missed and will not be reported: list the tasks again.
        case reset
        /// A message that this client does not know, from a later service.
        case other(ServerSentEvent)
    }

    /// The position from which a new stream can continue after this event; nil before the first one.
    public let id: String?
    public let change: Change

    init(id: String?, _ change: Change) {
        self.id = id
        self.change = change
    }

    /// - Throws: `ClientError.invalidResponse` if the data does not fit the event.
    init(_ event: ServerSentEvent) throws {
        id = event.id.isEmpty ? nil : event.id
        switch event.name {
        case "task": change = .task(try ImageTask(Self.fields(event)))
        case "task_deleted": change = .deleted(try Self.fields(event).text("id"))
        case "reset": change = .reset
        default: change = .other(event)
        }
    }

    private static func fields(_ event: ServerSentEvent) throws -> Fields {
        do {
            return try Fields(JSONValue(parsing: event.data))
        } catch let error as JSONValue.SyntaxError {
            throw ClientError.invalidResponse("the event \(event.id) is not JSON: \(error)")
        }
    }
}
