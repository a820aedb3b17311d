import WireFormats

/// Something that an event stream tells.
public struct TaskEvent: Sendable, Hashable {
    public enum Change: Sendable, Hashable {
        /// The stream is open, again after a break: what happens from now on is told.
        case opened
        /// A task as it is now. Each change comes at least once.
        case task(ImageTask)
        /// The task with this id is deleted.
        case deleted(String)
        /// Changes are missing that will not be told: list the tasks again.
        case reset
        /// What a later service tells.
        case other(ServerSentEvent)
    }

    /// Where a stream that ends after this event can continue; nil before the first one.
    public let id: String?
    public let change: Change

    init(id: String?, _ change: Change) {
        self.id = id
        self.change = change
    }

    /// - Throws: `ClientError.invalidAnswer` if the data is none of its kind.
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
            throw ClientError.invalidAnswer("the event \(event.id) is not JSON: \(error)")
        }
    }
}
