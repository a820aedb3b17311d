package import Hummingbird
package import Logging
package import PixelFlowCore
package import PixelFlowHTTP
import Synchronization
import WireFormats

/// Tells the audit log what is done here, by way of an outbox in the task database.
///
/// The entry is stored before its act, so that nothing is done that the log would not tell of, whoever is killed when.
package final class AuditRecorder: Sendable {
    /// Entries that may wait; some 500 bytes each. Beyond it an act that must be audited is refused. Every replica counts what it
    /// has added since its last look, so that several can be over by what the others have added meanwhile.
    package static let capacity = 100_000
    /// Bytes of each text of an entry.
    static let textLimit = 1024

    /// What became of an act.
    package enum Outcome: Sendable {
        /// It has happened, with a new `detail` if there is one.
        case done(String? = nil)
        /// There was nothing to do: no entry.
        case nothing
    }

    private let outbox: any AuditOutbox
    private let proxies: TrustedProxies
    private let clock: any WallClock
    private let capacity: Int
    private let logger: Logger
    private let backlog = Atomic(0)
    /// Yields when an entry is ready to be delivered.
    let settled: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - proxies: whose word on the address of a client counts.
    ///   - capacity: entries that may wait.
    package init(
        outbox: any AuditOutbox, proxies: TrustedProxies = .loopback, clock: any WallClock = SystemClock(),
        capacity: Int = AuditRecorder.capacity, logger: Logger
    ) {
        self.outbox = outbox
        self.proxies = proxies
        self.clock = clock
        self.capacity = capacity
        self.logger = logger
        (settled, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Runs what the caller of a request does to the caller's organisation, and tells the log of it.
    ///
    /// - Parameters:
    ///   - target: the id of what it is done to.
    ///   - outcome: what the value of `act` says of it. An error that is not an outage says that nothing was done.
    ///   - act: must be over within `AuditPublisher.settlingTime`.
    /// - Throws: what `act` throws; `audit_log_busy` (503) if too many entries wait, and the errors of the task database, before it.
    package func record<Value>(
        _ action: AuditAction, on target: String, detail: String = "", _ request: Request, _ context: AppRequestContext,
        outcome: (Value) -> Outcome = { _ in .done() }, _ act: () async throws -> Value
    ) async throws -> Value {
        let principal = try context.requirePrincipal()
        return try await record(
            action, in: principal.tenant, by: AuditActor(principal), on: target, detail: detail, request, context, outcome: outcome, act)
    }

    /// Runs what someone does to an organisation with a request, and tells the log of it.
    ///
    /// - Throws: as above.
    package func record<Value>(
        _ action: AuditAction, in organisation: TenantID, by actor: AuditActor, on target: String = "", detail: String = "",
        _ request: Request, _ context: AppRequestContext, outcome: (Value) -> Outcome = { _ in .done() }, _ act: () async throws -> Value
    ) async throws -> Value {
        var entry = entry(action, in: organisation, by: actor, on: target, detail: detail)
        entry.address = proxies.client(of: request, context: context)?.description ?? ""
        entry.requestID = Self.cut(context.requestID)
        return try await record(entry, outcome, act)
    }

    /// Runs what PixelFlow does to an organisation by itself, and tells the log of it.
    ///
    /// - Throws: as above.
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
        // After an outage, or a caller who went away, nobody knows; the entry stays and says so when its time has come.
        switch outcome(value) {
        case .nothing: await withdraw(entry)
        case .done(let detail):
            var entry = entry
            if let detail { entry.detail = Self.cut(detail) }
            await settle(entry)
        }
        return value
    }

    /// What was done stays done where this fails: the entry is then delivered without its outcome.
    private func settle(_ entry: AuditEntry) async {
        do {
            try await outbox.settleAudit(entry)
            signal.yield()
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

    /// Takes over how many entries wait, counted at the last look.
    func setBacklog(_ count: Int) { backlog.store(count, ordering: .relaxed) }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > textLimit else { return text }
        return String(decoding: text.utf8.prefix(textLimit), as: UTF8.self)
    }
}
