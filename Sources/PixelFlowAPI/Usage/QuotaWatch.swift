package import Logging
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Tells webhooks and the audit log when an organisation has used much of a quota: `quota.warning`. auth mails what the log is told.
///
/// Looks at organisations that have created tasks, a while after they did, so that an upload waits for none of it.
package final class QuotaWatch: Service {
    /// Between two looks.
    static let interval = Duration.seconds(60)
    /// Organisations that wait for a look; the others are looked at after their next upload.
    static let capacity = 10_000
    /// Warnings that this process remembers to have told the log of. The log itself has each once: one that is forgotten here, or that
    /// several replicas tell of, costs a write.
    static let memory = 10_000

    private let usage: any UsageStore
    private let webhooks: any WebhookOwnerStore
    private let audit: AuditRecorder
    private let wake: @Sendable () -> Void
    private let clock: any WallClock
    private let logger: Logger
    private let noted = Mutex<Set<TenantID>>([])
    private let told = Mutex<Set<Told>>([])

    private struct Told: Hashable {
        let tenant: TenantID
        let warning: String
    }

    /// - Parameter wake: has the sender of webhooks look at what is due.
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

    /// An organisation has created a task.
    package func note(_ tenant: TenantID) {
        noted.withLock { noted in
            if noted.count < Self.capacity { noted.insert(tenant) }
        }
    }

    package func run() async {
        await PeriodicService("look at quotas", every: Self.interval, logger: logger) { await self.round() }.run()
    }

    /// One round. Not private, so that tests need not wait for it.
    package func round() async {
        let tenants = noted.withLock { noted in
            defer { noted = [] }
            return noted
        }
        for tenant in tenants {
            do {
                if try await look(at: tenant) { wake() }
            } catch {
                note(tenant)
                logger.warning("quota not checked, will be retried", metadata: ["tenant": "\(tenant)", "error": "\(error)"])
            }
        }
    }

    /// - Returns: whether there may be something to deliver.
    private func look(at tenant: TenantID) async throws -> Bool {
        let quota = try await usage.quota(of: tenant)
        guard quota.tasksPerMonth != nil || quota.bytesStored != nil else { return false }
        let used = try await usage.usage(of: tenant)
        let warnings = QuotaWarning.reached(quota, used: used.now, in: used.month)
        guard !warnings.isEmpty else { return false }
        for warning in warnings { try await tellLog(of: warning, tenant) }
        let endpoints = try await webhooks.webhooks(of: tenant).filter { $0.isEnabled && $0.events.contains(.quotaWarning) }
        for warning in warnings {
            for endpoint in endpoints { try await webhooks.add(WebhookDelivery(warning, to: endpoint, at: clock.now())) }
        }
        return !endpoints.isEmpty
    }

    private func tellLog(of warning: QuotaWarning, _ tenant: TenantID) async throws {
        let new = Told(tenant: tenant, warning: warning.key)
        guard !told.withLock({ $0.contains(new) }) else { return }
        // The crossing has happened; nothing is left to do between storing the entry and settling it.
        try await audit.record(
            .quotaWarning, in: tenant, on: warning.key, detail: warning.words, quota: warning, outcome: { .done() }
        ) {}
        told.withLock { told in
            if told.count >= Self.memory { told = [] }
            told.insert(new)
        }
    }
}

extension QuotaWarning {
    /// As in `80 % of the tasks of a month: 812 of 1000`.
    fileprivate var words: String {
        let isBytes = quota == Quota.CodingKeys.bytesStored.rawValue
        return "\(threshold) % of the \(isBytes ? "bytes stored" : "tasks of a month"): \(used) of \(limit)"
    }
}
