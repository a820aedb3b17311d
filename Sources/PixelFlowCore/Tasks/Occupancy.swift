/// The held tasks of one organisation in one lane: a queue in the task store.
package struct HeldQueue: Sendable, Hashable {
    package var lane: Lane
    package var tenant: TenantID

    package init(lane: Lane, tenant: TenantID) {
        self.lane = lane
        self.tenant = tenant
    }
}

/// The tasks in progress by lane and organisation.
package struct Occupancy: Sendable, Hashable {
    /// Tasks of one organisation in one lane.
    package struct Share: Sendable, Hashable {
        /// Tasks whose dispatch message is at the broker.
        package var sent: Int
        /// Tasks that a worker has.
        package var running: Int

        package init(sent: Int = 0, running: Int = 0) {
            self.sent = sent
            self.running = running
        }

        package var total: Int { sent + running }
    }

    package var shares: [HeldQueue: Share]
    /// Workers that have at least one task.
    package var workers: Int

    package init(shares: [HeldQueue: Share] = [:], workers: Int = 0) {
        self.shares = shares
        self.workers = workers
    }
}
