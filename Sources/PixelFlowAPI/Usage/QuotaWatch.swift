package import Logging
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Reports to webhooks and the audit log when an organisation has used most of a quota: `quota.warning`. auth sends mail for the entries of
/// the log.
///
/// Checks organisations some time after they have created tasks, so that no upload has to wait for it.
package final class QuotaWatch: Service {
    /// The time between two rounds.
    static let interval = Duration.seconds(60)
    /// The maximum number of organisations waiting for a check; others are checked after their next upload.
    static let capacity = 10_000
    /// The number of reported warnings in memory. The log stores each warning once, so reporting one again, after this process forgot it or
    /// from several replicas, costs only a write.
    static let memory = 10_000

    private let usage: any UsageStore
    private let webhooks: any WebhookOwnerStore
    private let audit: AuditRecorder
    private let wake: @Sendable () -> Void
    private let clock: any WallClock
    private let logger: Logger
    private let noted = Mutex<Set<TenantID>>([])
    private let logged = Mutex<Set<Logged>>([])

    private struct Logged: Hashable {
        let tenant: TenantID
        let warning: String
    }

    /// - Parameter wake: makes the webhook sender check for due deliveries.
    package init(
        usage: any UsageStore, webhooks: any WebhookOwnerStore, audit: AuditRecorder, wake: @escaping @Sendable () -> Void,
        clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.usage = usage
        self.webhooks = webhooks
        self.audit = audit
        self.wake = wake
        self.clock = clock
        self.logger = logger
    }

    /// Notes that an organisation has created a task.
    package func note(_ tenant: TenantID) {
        noted.withLock { noted in
            if noted.count < Self.capacity { noted.insert(tenant) }
        }
    }

    package func run() async {
        await PeriodicService("check quotas", every: Self.interval, logger: logger) { await self.round() }.run()
    }

    /// One round. Not private, so that tests need not wait for it.
    package func round() async { await TenantTurn.waived { await checkAll() } }

    private func checkAll() async {
        let tenants = noted.withLock { noted in
            defer { noted = [] }
            return noted
        }
        for tenant in tenants {
            do {
                if try await check(tenant) { wake() }
            } catch {
                note(tenant)
                logger.warning("quota not checked, will be retried", metadata: ["tenant": "\(tenant)", "error": "\(error)"])
            }
        }
    }

    /// - Returns: whether there may be something to deliver.
    private func check(_ tenant: TenantID) async throws -> Bool {
        let quota = try await usage.quota(of: tenant)
        guard quota.tasksPerMonth != nil || quota.bytesStored != nil else { return false }
        let used = try await usage.usage(of: tenant)
        let warnings = QuotaWarning.reached(quota, used: used.now, in: used.month)
        guard !warnings.isEmpty else { return false }
        for warning in warnings { try await log(of: warning, tenant) }
        let endpoints = try await webhooks.webhooks(of: tenant).endpoints.filter { $0.isEnabled && $0.events.contains(.quotaWarning) }
        for warning in warnings {
            for endpoint in endpoints { try await webhooks.add(WebhookDelivery(warning, to: endpoint, at: clock.now())) }
        }
        return !endpoints.isEmpty
    }

    private func log(of warning: QuotaWarning, _ tenant: TenantID) async throws {
        let new = Logged(tenant: tenant, warning: warning.key)
        guard !logged.withLock({ $0.contains(new) }) else { return }
        // The quota has already been crossed, so there is nothing to do between storing and settling the entry.
        try await audit.record(
            .quotaWarning, in: tenant, on: warning.key, detail: warning.words, quota: warning, outcome: { .done() }
        ) {}
        logged.withLock { logged in
            if logged.count >= Self.memory { logged = [] }
            logged.insert(new)
        }
    }
}

extension QuotaWarning {
    /// For example `80 % of the tasks of a month: 812 of 1000`.
    fileprivate var words: String {
        let isBytes = quota == Quota.CodingKeys.bytesStored.rawValue
        return "\(threshold) % of the \(isBytes ? "bytes stored" : "tasks of a month"): \(used) of \(limit)"
    }
}
