import PixelFlowCore

/// The origin of a delivery. The period distinguishes deliveries before and after its
/// partition was revoked or its log was recreated.
struct DeliveryPosition: Sendable, Hashable {
    var partition: Int32
    var offset: Int64
    var period: Int
}

/// The state of a group member: its partitions, its deliveries, its waiting callers, and the
/// settled offsets. A pure data structure without lock, thread or client.
struct PartitionAssignments: Sendable {
    struct Entry: Sendable {
        var message: DispatchMessage
        var position: DeliveryPosition
    }

    /// A new position of the group.
    struct Advance: Sendable, Hashable {
        var partition: Int32
        var offset: Int64
        /// The first one since the partition was assigned or its log was recreated. librdkafka
        /// does not commit an offset below the last committed one, so this one must be committed explicitly.
        var isFirst: Bool
    }

    private struct Assigned: Sendable {
        var period: Int
        var tracker = OffsetTracker()
        var hasAdvanced = false
    }

    private var assigned: [Int32: Assigned] = [:]
    private var periods = 0
    /// Received without a waiting caller, or delivered and released unsettled.
    private var held: [Entry] = []

    var partitions: [Int32] { Array(assigned.keys) }

    mutating func assign(_ partitions: [Int32]) {
        assigned = [:]
        held = []
        for partition in partitions { begin(partition) }
    }

    /// Records a received message. Nil if the partition is not assigned to this member.
    mutating func deliver(partition: Int32, offset: Int64) -> DeliveryPosition? {
        guard assigned[partition] != nil else { return nil }
        if assigned[partition]?.tracker.deliver(offset) == false {
            begin(partition)
            _ = assigned[partition]?.tracker.deliver(offset)
        }
        return assigned[partition].map { DeliveryPosition(partition: partition, offset: offset, period: $0.period) }
    }

    /// Nil if the group's position is unchanged, or the delivery no longer counts.
    mutating func settle(_ position: DeliveryPosition) -> Advance? {
        guard assigned[position.partition]?.period == position.period,
            let offset = assigned[position.partition]?.tracker.settle(position.offset)
        else { return nil }
        let isFirst = assigned[position.partition]?.hasAdvanced == false
        assigned[position.partition]?.hasAdvanced = true
        return Advance(partition: position.partition, offset: offset, isFirst: isFirst)
    }

    /// Whether this process is still responsible for the delivery.
    func counts(_ position: DeliveryPosition) -> Bool { assigned[position.partition]?.period == position.period }

    mutating func hold(_ entry: Entry) { held.append(entry) }

    mutating func takeHeld() -> Entry? { held.isEmpty ? nil : held.removeFirst() }

    private mutating func begin(_ partition: Int32) {
        periods += 1
        assigned[partition] = Assigned(period: periods)
    }
}
