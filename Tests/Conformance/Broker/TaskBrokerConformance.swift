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
        Case("a dispatch message arrives as it was published") { try await $0.messageArrives() },
        Case("what is published before anybody subscribes is kept") { try await $0.backlogIsKept() },
        Case("each dispatch message goes to one subscriber of the group") { try await $0.oneSubscriberEach() },
        Case("nothing is lost when a subscriber leaves") { try await $0.nothingIsLostWhenOneLeaves() },
        Case("closing ends a waiting next()") { try await $0.closingEndsTheWait() },
        Case("after closing there is nothing more, and closing again is no error") { try await $0.closedStaysClosed() },
        Case("the same dispatch message can be published again") { try await $0.repetitionArrives() },
        Case("messages of every lane arrive, as they were published") { try await $0.lanesArrive() },
        Case("publishing nothing is no error") { try await $0.broker.publish([]) },
        Case("a dead letter is taken") { try await $0.deadLetterIsTaken() },
        Case("the backend says that it is in order") { try await $0.broker.check() },
    ]
}
