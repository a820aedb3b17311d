package import Hummingbird
package import Logging
package import PixelFlowCore
package import PixelFlowHTTP
import Synchronization
import WireFormats

/// Reports actions to the audit log through an outbox in the task database.
///
/// Each entry is stored before its action, so that no crash can leave an action without an entry.
package final class AuditRecorder: Sendable {
    /// The maximum number of waiting entries, of about 500 bytes each. Beyond it, audited actions are rejected. Every replica only counts
    /// what it has added since its last check, so several replicas can exceed the limit by what the others have added in the meantime.
    package static let capacity = 100_000
    /// The maximum size of each text of an entry, in bytes.
    static let textLimit = 1024

    /// The outcome of an action.
    package enum Outcome: Sendable {
        /// The action has happened, with a new `detail` if there is one.
        case done(String? = nil)
        /// There was nothing to do, so there is no entry.
        case nothing
    }

    private let outbox: any AuditOutbox
    private let proxies: TrustedProxies
    private let clock: any WallClock
    private let capacity: Int
    private let logger: Logger
    private let backlog = Atomic(0)
    /// Wakes the publisher when an entry is ready to be delivered.
    let settled = WakeSignal()

    /// - Parameters:
    ///   - proxies: the proxies that are trusted to report a client's address.
    ///   - capacity: the maximum number of waiting entries.
    package init(
        outbox: any AuditOutbox, proxies: TrustedProxies = .loopback, clock: any WallClock = SystemClock(),
        capacity: Int = AuditRecorder.capacity, logger: Logger
    ) {
        self.outbox = outbox
        self.proxies = proxies
        self.clock = clock
        self.capacity = capacity
        self.logger = logger
    }

    /// Performs an action of a request's caller on the caller's organisation and records it in the log.
    ///
    /// - Parameters:
    ///   - target: the id of the object of the action.
    ///   - outcome: derives the outcome from the value of `act`. An error that is not an outage means that nothing was done.
    ///   - act: the action; must finish within `AuditPublisher.settlingTime`.
    /// - Throws: the errors of `act`; before it, `audit_log_busy` (503) if too many entries wait, and the errors of the task database.
    package func record<Value>(
        _ action: AuditAction, on target: String, detail: String = "", _ request: Request, _ context: AppRequestContext,
        outcome: (Value) -> Outcome = { _ in .done() }, _ act: () async throws -> Value
    ) async throws -> Value {
        let principal = try context.requirePrincipal()
        return try await record(
            action, in: principal.tenant, by: AuditActor(principal), on: target, detail: detail, request, context, outcome: outcome, act)
    }

    /// Performs a request's action on an organisation and records it in the log.
    ///
    /// - Throws: like the method above.
    package func record<Value>(
        _ action: AuditAction, in organisation: TenantID, by actor: AuditActor, on target: String = "", detail: String = "",
        _ request: Request, _ context: AppRequestContext, outcome: (Value) -> Outcome = { _ in .done() }, _ act: () async throws -> Value
    ) async throws -> Value {
        var entry = entry(action, in: organisation, by: actor, on: target, detail: detail)
        entry.address = proxies.client(of: request, context: context)?.description ?? ""
        entry.requestID = Self.cut(context.requestID)
        return try await record(entry, outcome, act)
    }

    /// Performs an action of PixelFlow itself on an organisation and records it in the log.
    ///
    /// - Throws: like the methods above.
    package func record<Value>(
        _ action: AuditAction, in organisation: TenantID, on target: String = "", detail: String, quota: QuotaWarning? = nil,
        outcome: (Value) -> Outcome, _ act: () async throws -> Value
    ) async throws -> Value {
        var entry = entry(action, in: organisation, by: .service, on: target, detail: detail)
        entry.quota = quota
        return try await record(entry, outcome, act)
    }

    private func entry(
        _ action: AuditAction, in organisation: TenantID, by actor: AuditActor, on target: String, detail: String
    ) -> AuditEntry {
        let now = clock.now()
        return AuditEntry(
            id: UUIDv7.make(at: now), organisation: organisation, at: now, actor: actor.id, actorName: Self.cut(actor.name), action: action,
            target: Self.cut(target), detail: Self.cut(detail))
    }

    private func record<Value>(_ entry: AuditEntry, _ outcome: (Value) -> Outcome, _ act: () async throws -> Value) async throws -> Value {
        guard backlog.load(ordering: .relaxed) < capacity else { throw PixelFlowError.busy("audit_log") }
        try await outbox.addAudit(entry)
        backlog.add(1, ordering: .relaxed)
        let value: Value
        do {
            value = try await act()
        } catch let error as PixelFlowError where error.retry != .outage {
            await withdraw(entry)
            throw error
        }
        // After an outage or a disconnect of the caller, the outcome is unknown: the entry stays, and says so when it is delivered.
        switch outcome(value) {
        case .nothing: await withdraw(entry)
        case .done(let detail):
            var entry = entry
            if let detail { entry.detail = Self.cut(detail) }
            await settle(entry)
        }
        return value
    }

    /// A failure here does not undo the action: the entry is then delivered without its outcome.
    private func settle(_ entry: AuditEntry) async {
        do {
            try await outbox.settleAudit(entry)
            settled.wake()
        } catch {
            warn(entry, error)
        }
    }

    private func withdraw(_ entry: AuditEntry) async {
        do {
            try await outbox.removeAudit([entry.id])
            backlog.subtract(1, ordering: .relaxed)
        } catch {
            warn(entry, error)
        }
    }

    private func warn(_ entry: AuditEntry, _ error: any Error) {
        logger.warning("audit entry left without its outcome", metadata: ["audit_id": "\(entry.id)", "error": "\(error)"])
    }

    /// Sets the number of waiting entries, as counted at the last check.
    func setBacklog(_ count: Int) { backlog.store(count, ordering: .relaxed) }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > textLimit else { return text }
        return String(decoding: text.utf8.prefix(textLimit), as: UTF8.self)
    }
}
