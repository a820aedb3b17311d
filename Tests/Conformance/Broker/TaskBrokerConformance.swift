package import PixelFlowCore

/// The rules of `TaskBroker`, checked only through the port. Order and single delivery are not guaranteed.
package struct TaskBrokerConformance: Sendable {
    let broker: any TaskBroker
    let deadline: Duration

    /// - Parameter deadline: how long a delivery may take; a consumer group on a server needs time to rebalance.
    package init(broker: any TaskBroker, deadline: Duration = .seconds(20)) {
        self.broker = broker
        self.deadline = deadline
    }

    typealias Case = ConformanceCase<TaskBrokerConformance>

    /// All rules.
    package static let cases: [ConformanceCase<TaskBrokerConformance>] = [
        Case("a dispatch message arrives unchanged") { try await $0.messageArrives() },
        Case("messages published before any subscription are kept") { try await $0.backlogIsKept() },
        Case("each dispatch message goes to one subscriber of the group") { try await $0.oneSubscriberEach() },
        Case("nothing is lost when a subscriber leaves") { try await $0.nothingIsLostWhenOneLeaves() },
        Case("closing ends a waiting next()") { try await $0.closingEndsTheWait() },
        Case("a closed subscription yields nothing, and closing again succeeds") { try await $0.closedStaysClosed() },
        Case("the same dispatch message can be published again") { try await $0.repetitionArrives() },
        Case("messages of every lane arrive unchanged") { try await $0.lanesArrive() },
        Case("publishing nothing succeeds") { try await $0.broker.publish([]) },
        Case("a dead letter is accepted") { try await $0.deadLetterIsTaken() },
        Case("the backend passes its check") { try await $0.broker.check() },
    ]
}
