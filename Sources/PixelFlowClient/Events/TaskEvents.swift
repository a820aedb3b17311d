import NIOCore
import NIOHTTP1

extension PixelFlowClient {
    /// The changes of the account's tasks as they happen. The stream reconnects after an interruption and continues where it stopped.
    ///
    /// - Parameters:
    ///   - lastEventID: continues after this event; nil starts now.
    ///   - batch: the id of the only batch to follow; nil for all.
    ///   - task: the id of the only task to follow; nil for all. Mutually exclusive with `batch`.
    public func events(after lastEventID: String? = nil, ofBatch batch: String? = nil, ofTask task: String? = nil) -> TaskEvents {
        TaskEvents(client: self, lastEventID: lastEventID, batch: batch, task: task)
    }
}

/// An endless sequence of task changes.
///
/// Throws a `Problem` that a retry cannot fix, such as 401 after the token has expired. Throws the last error after as many
/// consecutive attempts without a byte of a stream as the retry policy allows.
public struct TaskEvents: AsyncSequence, Sendable {
    let client: PixelFlowClient
    let lastEventID: String?
    let batch: String?
    let task: String?

    public func makeAsyncIterator() -> Iterator { Iterator(client: client, lastEventID: lastEventID, batch: batch, task: task) }

    public struct Iterator: AsyncIteratorProtocol {
        private let client: PixelFlowClient
        private let url: String
        private var parser = ServerSentEventParser()
        /// The position from which the next stream continues: the id of the last event, or the one with which the stream began. Nil before
        /// the first one and after a reset.
        private var position: String?
        /// The position before a reset. Continuing from it would cause another one.
        private var outdated: String?
        private var connection: ByteStream.Iterator?
        private var ready: ArraySlice<ServerSentEvent> = []
        /// Consecutive attempts without a byte of a stream. A stream without events is interrupted, too, by a proxy or a restart.
        private var failures = 0

        init(client: PixelFlowClient, lastEventID: String?, batch: String?, task: String?) {
            self.client = client
            url = client.endpoints.api + "/api/events" + Path.query([("batch", batch), ("task", task)])
            position = lastEventID
        }

        public mutating func next() async throws -> TaskEvent? {
            while true {
                if let event = ready.popFirst() { return try take(event) }
                do {
                    guard let connection else {
                        try await connect()
                        return TaskEvent(id: position, .opened)
                    }
                    guard let bytes = try await connection.next() else { throw ClientError.brokenOff("the event stream has ended") }
                    if bytes.readableBytes > 0 { failures = 0 }
                    ready = try parser.read(bytes.readableBytesView)[...]
                    if ready.isEmpty { moveToLastID() }
                } catch {
                    try await pause(after: error)
                }
            }
        }

        private mutating func take(_ event: ServerSentEvent) throws -> TaskEvent {
            if event.name == "reset" {
                outdated = event.id
                position = nil
            } else if !event.id.isEmpty, event.id != outdated {
                position = event.id
            }
            if ready.isEmpty { moveToLastID() }
            return try TaskEvent(event)
        }

        /// Follows ids that came without an event, once all events before them are delivered.
        private mutating func moveToLastID() {
            let id = parser.lastEventID
            if !id.isEmpty, id != outdated { position = id }
        }

        private mutating func connect() async throws {
            var headers: HTTPHeaders = ["accept": "text/event-stream"]
            if let position { headers.add(name: "last-event-id", value: position) }
            let response = try await client.attempt(Call(.GET, url, headers: headers))
            parser = ServerSentEventParser(lastEventID: position ?? "")
            outdated = nil
            connection = Download(response).bytes.makeAsyncIterator()
        }

        /// Waits according to the stream and the retry policy. Not `retry`, because each event that arrives resets the attempts.
        private mutating func pause(after error: any Error) async throws {
            try Task.checkCancellation()
            connection = nil
            failures += 1
            guard let delay = client.delay(after: error, attempt: failures) else { throw error }
            // The stream's reconnection time applies only to the first attempt after an interruption, up to the policy's maximum.
            let asked = failures == 1 ? parser.retry.map { Swift.min($0, client.retries.maximumDelay) } : nil
            try await Task.sleep(for: asked ?? delay)
        }
    }
}
