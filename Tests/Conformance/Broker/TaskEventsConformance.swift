import Deadlines
package import PixelFlowCore
import Synchronization

/// The rules of `TaskEvents`, checked only through the port.
package struct TaskEventsConformance: Sendable {
    let events: any TaskEvents
    let deadline: Duration

    /// - Parameter deadline: how long a change may take to arrive.
    package init(events: any TaskEvents, deadline: Duration = .seconds(20)) {
        self.events = events
        self.deadline = deadline
    }

    /// All rules.
    package static let cases: [ConformanceCase<TaskEventsConformance>] = [
        ConformanceCase("events: every subscriber gets every change, in order") { try await $0.everySubscriberGetsAll() },
        ConformanceCase("events: a subscriber gets only later events") { try await $0.onlyFromThenOn() },
        ConformanceCase("events: a departed subscriber affects no other") { try await $0.leaverDoesNotMatter() },
        ConformanceCase("events: a slow subscriber loses the oldest events, and is told") { try await $0.slowSubscriberLosesTheOldest() },
        ConformanceCase("events: publishing without subscribers succeeds") { try await $0.events.publish($0.series(3)) },
    ]

    func everySubscriberGetsAll() async throws {
        let streams = [try await events.subscribe(), try await events.subscribe(), try await events.subscribe()]
        let changes = series(50)
        try await events.publish(Array(changes.prefix(20)))
        try await events.publish(Array(changes.dropFirst(20)))
        for (number, stream) in streams.enumerated() {
            try requireEqual(try await first(50, of: stream), changes, "changes of subscriber \(number)")
        }
    }

    func onlyFromThenOn() async throws {
        let changes = series(4)
        try await events.publish(Array(changes.prefix(2)))
        let stream = try await events.subscribe()
        try await events.publish(Array(changes.dropFirst(2)))
        try requireEqual(try await first(2, of: stream), Array(changes.dropFirst(2)), "changes")
    }

    func leaverDoesNotMatter() async throws {
        let leaver = Task { [stream = try await events.subscribe()] in
            try await stream.first("a change")
        }
        let stream = try await events.subscribe()
        let changes = series(10)
        try await events.publish([changes[0]])
        try await within(deadline, "the first change") { try await leaver.value }
        try await events.publish(Array(changes.dropFirst()))
        try requireEqual(try await first(10, of: stream), changes, "changes")
    }

    func slowSubscriberLosesTheOldest() async throws {
        let gaps = Mutex(0)
        let stream = try await events.subscribe { gaps.withLock { $0 += 1 } }
        let changes = series(20_000)
        try await events.publish(changes)
        let last = changes[changes.count - 1]
        let deadline = deadline
        let received = try await within(deadline, "the last change") {
            var received: [TaskChange] = []
            for await change in stream {
                received.append(change)
                if change == last { break }
            }
            return received
        }
        try requireEqual(received, Array(changes.suffix(received.count)), "changes: the latest, without a gap")
        try require(gaps.withLock(\.self) > 0, "a report of the lost ones")
    }

    private func first(_ count: Int, of stream: AsyncStream<TaskChange>) async throws -> [TaskChange] {
        try await within(deadline, "\(count) changes") {
            var received: [TaskChange] = []
            for await change in stream {
                received.append(change)
                if received.count == count { break }
            }
            return received
        }
    }

    private func series(_ count: Int) -> [TaskChange] {
        let now = SystemClock().now()
        let pipeline = Pipeline(outputs: [OutputSpec(name: "image")])
        return (0..<count).map { number in
            let time = now + .milliseconds(number)
            let task = TaskRecord(
                id: TaskID.make(at: time), tenant: TenantID("tenant"), owner: UserID("user"), source: .url("https://example.com/a.jpg"),
                pipeline: pipeline, fingerprint: "", requestID: "request-\(number)", createdAt: time)
            return TaskChange(task, progress: Double(number % 4) / 4)
        }
    }
}
