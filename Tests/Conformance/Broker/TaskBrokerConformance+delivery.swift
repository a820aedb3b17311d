import Deadlines
import PixelFlowCore
import Synchronization

extension TaskBrokerConformance {
    func wakeUpArrives() async throws {
        let subscription = try await broker.subscribe()
        let wakeUp = WakeUp(
            task: TaskID.make(at: SystemClock().now()), tenant: TenantID("tenant"), generation: 3, sequence: 17, requestID: "r–1")
        try await broker.publish([wakeUp])
        try requireEqual(try await next(of: subscription)?.wakeUp, wakeUp, "wake-up")
        await subscription.close()
    }

    func backlogIsKept() async throws {
        let wakeUps = series(200)
        try await broker.publish(Array(wakeUps.prefix(150)))
        try await broker.publish(Array(wakeUps.dropFirst(150)))
        let subscription = try await broker.subscribe()
        let received = try await receive(Set(wakeUps), from: subscription)
        try requireEqual(received.count, 200, "wake-ups")
        await subscription.close()
    }

    func oneSubscriberEach() async throws {
        let wakeUps = Set(series(300))
        let collected = Collected()
        let subscriptions = [try await broker.subscribe(), try await broker.subscribe(), try await broker.subscribe()]
        let readers = subscriptions.map { subscription in
            Task {
                // bounded: by `close` below, waited for with a deadline.
                while let delivery = try await subscription.next() {
                    collected.add(delivery.wakeUp)
                    await delivery.settle()
                }
            }
        }
        try await broker.publish(Array(wakeUps))
        _ = try await eventually(within: deadline, "300 wake-ups") { collected.all.count >= 300 ? true : nil }
        for subscription in subscriptions { await subscription.close() }
        for reader in readers { try await within(deadline, "readers end") { try await reader.value } }
        // A broker may repeat one when its group is settling, but not as a rule.
        try requireEqual(Set(collected.all), wakeUps, "wake-ups")
        try require(collected.all.count < 2 * wakeUps.count, "each wake-up went to several: \(collected.all.count)")
    }

    func nothingIsLostWhenOneLeaves() async throws {
        let wakeUps = Set(series(100))
        let leaver = try await broker.subscribe()
        try await broker.publish(Array(wakeUps))
        var received: Set<WakeUp> = []
        for _ in 0..<10 {
            guard let delivery = try await next(of: leaver) else { break }
            received.insert(delivery.wakeUp)
            await delivery.settle()
        }
        await leaver.close()
        let stayer = try await broker.subscribe()
        received.formUnion(try await receive(wakeUps.subtracting(received), from: stayer))
        try requireEqual(received, wakeUps, "wake-ups")
        await stayer.close()
    }

    func closingEndsTheWait() async throws {
        let subscription = try await broker.subscribe()
        let waiting = Task { [deadline] in try await subscription.next(within: deadline, "the end") == nil }
        // Let the wait begin where it can be seen to; either way the answer is the same.
        await Task.yield()
        await subscription.close()
        try require(try await within(deadline, "next() ends") { try await waiting.value }, "a wake-up out of nothing")
    }

    func closedStaysClosed() async throws {
        let subscription = try await broker.subscribe()
        await subscription.close()
        await subscription.close()
        let wakeUp = series(1)[0]
        try await broker.publish([wakeUp])
        try require(try await next(of: subscription) == nil, "a closed subscription was given a wake-up")
        let other = try await broker.subscribe()
        try requireEqual(try await next(of: other)?.wakeUp, wakeUp, "wake-up of the other")
        await other.close()
    }

    func repetitionArrives() async throws {
        let subscription = try await broker.subscribe()
        let wakeUp = series(1)[0]
        for _ in 0..<3 {
            try await broker.publish([wakeUp])
            let delivery = try requireValue(try await next(of: subscription), "closed")
            try requireEqual(delivery.wakeUp, wakeUp, "wake-up")
            await delivery.settle()
        }
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

// MARK: - Steps the rules share

extension TaskBrokerConformance {
    private func series(_ count: Int) -> [WakeUp] {
        let now = SystemClock().now()
        return (1...count).map { number in
            WakeUp(
                task: TaskID.make(at: now + .milliseconds(number)), tenant: TenantID("tenant-\(number % 3)"), generation: 1,
                sequence: number, requestID: "request-\(number)")
        }
    }

    private func next(of subscription: any WakeUpSubscription) async throws -> WakeUpDelivery? {
        try await subscription.next(within: deadline, "a wake-up")
    }

    /// Receives until all of `wakeUps` have come.
    private func receive(_ wakeUps: Set<WakeUp>, from subscription: any WakeUpSubscription) async throws -> Set<WakeUp> {
        var received: Set<WakeUp> = []
        while !wakeUps.isSubset(of: received) {
            let delivery = try requireValue(try await next(of: subscription), "closed after \(received.count) wake-ups")
            received.insert(delivery.wakeUp)
            await delivery.settle()
        }
        return received
    }
}

/// What several readers have received.
private final class Collected: Sendable {
    private let wakeUps = Mutex<[WakeUp]>([])

    var all: [WakeUp] { wakeUps.withLock { $0 } }

    func add(_ wakeUp: WakeUp) { wakeUps.withLock { $0.append(wakeUp) } }
}
