import PixelFlowCore

/// Divides the attempts that a process may run concurrently among the queues, without lock, store or clock.
///
/// A queue gets at most `WebhookQueue.width` slots, and an organisation at most a fourth of the free ones: alone, it can run all its 20
/// endpoints at full width; the more slots others hold, the fewer it gets. So unresponsive receivers leave slots for an organisation
/// without running attempts: at once if they belong to a few organisations, or when the first attempts time out if they belong to many.
struct AttemptSlots: Sendable {
    /// One organisation may use a fourth of the free slots.
    private static let share = 4

    private let capacity: Int
    private(set) var taken = 0
    private var ofQueue: [WebhookQueue: Int] = [:]
    private var ofTenant: [TenantID: Int] = [:]
    /// Queues and organisations that may have more due deliveries than slots.
    private var saturatedQueues: Set<WebhookQueue> = []
    private var saturatedTenants: Set<TenantID> = []

    init(capacity: Int) { self.capacity = capacity }

    /// Sorts queues: organisations with the fewest running attempts first, one queue of each before any second one; otherwise in the given
    /// order.
    func inTurn(_ queues: [WebhookQueue]) -> [WebhookQueue] {
        var seen = ofTenant
        let ranks = queues.map { queue in
            defer { seen[queue.tenant, default: 0] += WebhookQueue.width }
            return seen[queue.tenant] ?? 0
        }
        return zip(queues, ranks).enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
    }

    /// How many more attempts of the queue may start. If there are none, `giveBack` reports when there may be some again.
    mutating func room(for queue: WebhookQueue) -> Int {
        let leftOfQueue = WebhookQueue.width - (ofQueue[queue] ?? 0)
        let leftOfTenant = (capacity - taken + Self.share - 1) / Self.share - (ofTenant[queue.tenant] ?? 0)
        if leftOfQueue <= 0 { saturatedQueues.insert(queue) } else if leftOfTenant <= 0 { saturatedTenants.insert(queue.tenant) }
        return max(0, min(leftOfQueue, leftOfTenant))
    }

    /// - Parameter room: the result of `room`: a queue that uses all of it may have more due deliveries.
    mutating func take(_ count: Int, of room: Int, for queue: WebhookQueue) {
        taken += count
        ofQueue[queue, default: 0] += count
        ofTenant[queue.tenant, default: 0] += count
        guard count == room else { return }
        if ofQueue[queue] ?? 0 >= WebhookQueue.width { saturatedQueues.insert(queue) } else { saturatedTenants.insert(queue.tenant) }
    }

    /// Ends an attempt.
    ///
    /// - Returns: whether deliveries may be due that did not get a slot.
    mutating func giveBack(_ queue: WebhookQueue) -> Bool {
        // An organisation without running attempts may have been rejected then, and has no attempt whose end would report free slots.
        let wasFull = taken == capacity
        taken -= 1
        Self.decrement(&ofQueue, queue)
        Self.decrement(&ofTenant, queue.tenant)
        let isQueue = saturatedQueues.remove(queue) != nil
        let isTenant = saturatedTenants.remove(queue.tenant) != nil
        return isQueue || isTenant || wasFull
    }

    private static func decrement<Key>(_ counts: inout [Key: Int], _ key: Key) {
        let left = (counts[key] ?? 1) - 1
        counts[key] = left > 0 ? left : nil
    }
}
