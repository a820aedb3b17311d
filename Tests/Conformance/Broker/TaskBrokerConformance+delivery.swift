import Deadlines
import PixelFlowCore
import Synchronization

extension TaskBrokerConformance {
    func messageArrives() async throws {
        let subscription = try await broker.subscribe()
        let message = DispatchMessage(
            task: TaskID.make(at: SystemClock().now()), tenant: TenantID("tenant"), generation: 3, sequence: 17, requestID: "r–1",
            trace: TraceHeaders(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1"))
        try await broker.publish([message])
        try requireEqual(try await next(of: subscription)?.message, message, "dispatch message")
        await subscription.close()
    }

    func backlogIsKept() async throws {
        let messages = series(200)
        try await broker.publish(Array(messages.prefix(150)))
        try await broker.publish(Array(messages.dropFirst(150)))
        let subscription = try await broker.subscribe()
        let received = try await receive(Set(messages), from: subscription)
        try requireEqual(received.count, 200, "dispatch messages")
        await subscription.close()
    }

    func oneSubscriberEach() async throws {
        let messages = Set(series(300))
        let collected = Collected()
        let subscriptions = [try await broker.subscribe(), try await broker.subscribe(), try await broker.subscribe()]
        let readers = subscriptions.map { subscription in
            Task {
                // bounded: by `close` below, waited for with a deadline.
                while let delivery = try await subscription.next() {
                    collected.add(delivery.message)
                    await delivery.settle()
                }
            }
        }
        try await broker.publish(Array(messages))
        _ = try await eventually(within: deadline, "300 dispatch messages") { collected.all.count >= 300 ? true : nil }
        for subscription in subscriptions { await subscription.close() }
        for reader in readers { try await within(deadline, "readers end") { try await reader.value } }
        // A broker may repeat a message while its group rebalances, but not regularly.
        try requireEqual(Set(collected.all), messages, "dispatch messages")
        try require(collected.all.count < 2 * messages.count, "each dispatch message went to several: \(collected.all.count)")
    }

    func nothingIsLostWhenOneLeaves() async throws {
        let messages = Set(series(100))
        let leaver = try await broker.subscribe()
        try await broker.publish(Array(messages))
        var received: Set<DispatchMessage> = []
        for _ in 0..<10 {
            guard let delivery = try await next(of: leaver) else { break }
            received.insert(delivery.message)
            await delivery.settle()
        }
        await leaver.close()
        let stayer = try await broker.subscribe()
        received.formUnion(try await receive(messages.subtracting(received), from: stayer))
        try requireEqual(received, messages, "dispatch messages")
        await stayer.close()
    }

    func closingEndsTheWait() async throws {
        let subscription = try await broker.subscribe()
        let waiting = Task { [deadline] in try await subscription.next(within: deadline, "the end") == nil }
        // Allows the wait to start; the result is the same in either case.
        await Task.yield()
        await subscription.close()
        try require(try await within(deadline, "next() ends") { try await waiting.value }, "a dispatch message out of nothing")
    }

    func closedStaysClosed() async throws {
        let subscription = try await broker.subscribe()
        await subscription.close()
        await subscription.close()
        let message = series(1)[0]
        try await broker.publish([message])
        try require(try await next(of: subscription) == nil, "a closed subscription was given a dispatch message")
        let other = try await broker.subscribe()
        try requireEqual(try await next(of: other)?.message, message, "dispatch message of the other")
        await other.close()
    }

    func repetitionArrives() async throws {
        let subscription = try await broker.subscribe()
        let message = series(1)[0]
        for _ in 0..<3 {
            try await broker.publish([message])
            let delivery = try requireValue(try await next(of: subscription), "closed")
            try requireEqual(delivery.message, message, "dispatch message")
            await delivery.settle()
        }
        await subscription.close()
    }

    func lanesArrive() async throws {
        let messages = Lane.allCases.flatMap { series(20, in: $0) }
        try await broker.publish(messages.shuffled())
        let subscription = try await broker.subscribe()
        try requireEqual(try await receive(Set(messages), from: subscription), Set(messages), "dispatch messages")
        await subscription.close()
    }

    func deadLetterIsTaken() async throws {
        let now = SystemClock().now()
        try await broker.deadLetter(
            TaskRecord(
                id: TaskID.make(at: now), tenant: TenantID("tenant"), owner: UserID("user"), source: .url("https://example.com/a.jpg"),
                pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: "", requestID: "r", createdAt: now))
    }
}

// MARK: - Shared steps

extension TaskBrokerConformance {
    private func series(_ count: Int, in lane: Lane = .normal) -> [DispatchMessage] {
        let now = SystemClock().now()
        return (1...count).map { number in
            DispatchMessage(
                task: TaskID.make(at: now + .milliseconds(number)), tenant: TenantID("tenant-\(number % 3)"), generation: 1,
                sequence: number, requestID: "request-\(number)", lane: lane)
        }
    }

    private func next(of subscription: any DispatchSubscription) async throws -> DispatchDelivery? {
        try await subscription.next(within: deadline, "a dispatch message")
    }

    /// Receives until all of `messages` have arrived.
    private func receive(_ messages: Set<DispatchMessage>, from subscription: any DispatchSubscription) async throws -> Set<DispatchMessage>
    {
        var received: Set<DispatchMessage> = []
        while !messages.isSubset(of: received) {
            let delivery = try requireValue(try await next(of: subscription), "closed after \(received.count) dispatch messages")
            received.insert(delivery.message)
            await delivery.settle()
        }
        return received
    }
}

/// The messages received by several readers.
private final class Collected: Sendable {
    private let messages = Mutex<[DispatchMessage]>([])

    var all: [DispatchMessage] { messages.withLock { $0 } }

    func add(_ message: DispatchMessage) { messages.withLock { $0.append(message) } }
}
