import Synchronization

/// A wake-up in somebody's hand. Dropped without being settled it is handed out again.
final class WakeUpHandling: Sendable {
    private let entry: WakeUpLedger.Entry
    private let consumer: WakeUpConsumer
    private let isSettled = Atomic(false)

    init(_ entry: WakeUpLedger.Entry, consumer: WakeUpConsumer) {
        self.entry = entry
        self.consumer = consumer
    }

    deinit {
        if !isSettled.load(ordering: .acquiring) { consumer.abandon(entry) }
    }

    func settle() {
        guard !isSettled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        consumer.settle(entry.place)
    }
}
