import PixelFlowCore

/// The rules by which queues share the places for attempts of a process, without lock, store or clock.
///
/// A queue has at most `WebhookQueue.width` places. An organisation has at most a fourth as many as are free: alone, all of its
/// 20 endpoints can be at their width; the more others hold, the less it gets. So receivers that never answer leave places to an
/// organisation that has none under way: those of a few organisations at once, those of many as soon as their first attempts time out.
struct AttemptPlaces: Sendable {
    /// How much of what is free one organisation may have.
    private static let share = 4

    private let capacity: Int
    private(set) var taken = 0
    private var ofQueue: [WebhookQueue: Int] = [:]
    private var ofTenant: [TenantID: Int] = [:]
    /// Queues and organisations that may have more than they had places for.
    private var saturatedQueues: Set<WebhookQueue> = []
    private var saturatedTenants: Set<TenantID> = []

    init(capacity: Int) { self.capacity = capacity }

    /// Organisations with the fewest attempts under way first, each with one queue before any has its second; otherwise as given.
    func inTurn(_ queues: [WebhookQueue]) -> [WebhookQueue] {
        var seen = ofTenant
        let ranks = queues.map { queue in
            defer { seen[queue.tenant, default: 0] += WebhookQueue.width }
            return seen[queue.tenant] ?? 0
        }
        return zip(queues, ranks).enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
    }

    /// How many more attempts of the queue may begin. If there are none, `giveBack` tells when there may be.
    mutating func room(for queue: WebhookQueue) -> Int {
        let leftOfQueue = WebhookQueue.width - (ofQueue[queue] ?? 0)
        let leftOfTenant = (capacity - taken + Self.share - 1) / Self.share - (ofTenant[queue.tenant] ?? 0)
        if leftOfQueue <= 0 { saturatedQueues.insert(queue) } else if leftOfTenant <= 0 { saturatedTenants.insert(queue.tenant) }
        return max(0, min(leftOfQueue, leftOfTenant))
    }

    /// - Parameter room: what there was: a queue that has filled it may have more.
    mutating func take(_ count: Int, of room: Int, for queue: WebhookQueue) {
        taken += count
        ofQueue[queue, default: 0] += count
        ofTenant[queue.tenant, default: 0] += count
        guard count == room else { return }
        if ofQueue[queue] ?? 0 >= WebhookQueue.width { saturatedQueues.insert(queue) } else { saturatedTenants.insert(queue.tenant) }
    }

    /// Ends an attempt.
    ///
    /// - Returns: whether something may be due that there was no place for.
    mutating func giveBack(_ queue: WebhookQueue) -> Bool {
        // Then an organisation that had nothing under way was turned away, and nothing of its own will tell.
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
