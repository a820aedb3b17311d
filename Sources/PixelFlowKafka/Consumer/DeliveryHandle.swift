import Synchronization

/// A delivered dispatch message. If it is released without being settled, it is delivered again.
final class DeliveryHandle: Sendable {
    private let entry: PartitionAssignments.Entry
    private let consumer: DispatchConsumer
    private let isSettled = Atomic(false)

    init(_ entry: PartitionAssignments.Entry, consumer: DispatchConsumer) {
        self.entry = entry
        self.consumer = consumer
    }

    deinit {
        if !isSettled.load(ordering: .acquiring) { consumer.abandon(entry) }
    }

    func settle() {
        guard !isSettled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        consumer.settle(entry.position)
    }
}
