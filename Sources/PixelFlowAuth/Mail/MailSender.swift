import Logging
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import PixelFlowTelemetry
package import SMTP
package import ServiceLifecycle
import WireFormats

/// Sends the messages in the outbox that are due. Any number of replicas can run it at the same time.
struct MailSender: Service {
    /// How often the sender looks for messages that other replicas have abandoned, and for attempts that are due.
    private static let interval = Duration.seconds(5)
    /// Maximum number of messages claimed at once; each is sent over a connection of its own.
    private static let batch = 8
    /// Longer than the longest attempt.
    static let lease = timeouts.total + .seconds(60)
    /// The delays after the first, second, third attempt and so on; the last one applies to all further attempts.
    ///
    /// A table instead of a `RetryPolicy`, because the delays of mail servers' own queues do not grow by one factor.
    static let pauses: [Duration] = [5, 300, 1_800, 7_200, 18_000, 36_000].map { .seconds($0) }
    private static let jitter = Jitter(0.8...1.2)

    static let timeouts: SMTPTimeouts = {
        var timeouts = SMTPTimeouts()
        timeouts.total = .seconds(420)
        return timeouts
    }()

    let store: IdentityStore
    let outbox: Outbox
    let transport: any MailTransport
    let composer: MailComposer
    let metrics: MailMetrics
    let clock: any WallClock
    let logger: Logger

    func run() async {
        await PeriodicService("reading the mail outbox", every: Self.interval, signal: outbox.signal, logger: logger) {
            while try await sendDue() == Self.batch {}
            metrics.setBacklog(try await store.mailBacklog())
        }.run()
    }

    /// Makes one attempt for each message of a batch that is due.
    ///
    /// - Returns: the number of messages in the batch.
    @discardableResult
    func sendDue() async throws -> Int {
        let claimed = try await store.claimMail(at: clock.now(), lease: Self.lease, limit: Self.batch)
        await withDiscardingTaskGroup { group in
            for mail in claimed {
                group.addTask {
                    do {
                        try await send(mail)
                    } catch {
                        // The lease expires, and the message is claimed again.
                        logger.warning("mail not handled, stays in the outbox", metadata: ["mail_id": "\(mail.id)", "error": "\(error)"])
                    }
                }
            }
        }
        return claimed.count
    }

    private func send(_ claimed: QueuedMail) async throws {
        var mail = claimed
        if mail.isDoubtful { metrics.countPossibleDuplicate() }
        if mail.kind == .passwordForgotten {
            guard let reset = try await makeReset(mail) else { return metrics.count(.passwordReset, .obsolete) }
            mail = reset
        }
        guard mail.expiresAt > clock.now() else { return try await end(mail, .expired) }
        do {
            // A message that cannot be composed will fail again, so it ends like one that the server has refused permanently.
            guard let message = try await composer.message(for: mail) else { return try await end(mail, .obsolete) }
            try await transport.send(message)
            try await end(mail, .sent, mailbox: .takesMail)
        } catch let error as SMTPError {
            try await handle(error, of: mail)
        } catch is CancellationError {
            // In a task of its own, because this one has been cancelled: another replica then need not wait for the lease to expire.
            let given = mail
            _ = try await Task { try await store.postpone(given, until: clock.now()) }.value
        }
    }

    private func makeReset(_ mail: QueuedMail) async throws -> QueuedMail? {
        let now = clock.now()
        let secret = try await outbox.issuer.value.mailSecrets.token(of: mail)
        return try await store.makeReset(for: mail, hash: secret.hash, at: now, until: now + Accounts.resetLifetime)
    }

    private func handle(_ error: SMTPError, of mail: QueuedMail) async throws {
        if error.kind == .doubt { metrics.countPossibleDuplicate() }
        logger.warning(
            "mail not sent",
            metadata: ["mail_id": "\(mail.id)", "kind": "\(mail.kind.rawValue)", "attempt": "\(mail.attempts)", "error": "\(error)"])
        if error.isPermanent { return try await end(mail, .refused, mailbox: error.isBounce ? .refuses(at: clock.now()) : nil) }
        let pause = Self.pauses[min(mail.attempts, Self.pauses.count) - 1]
        let next = clock.now() + Self.jitter.applied(to: pause)
        guard next < mail.expiresAt else { return try await end(mail, .expired) }
        try await store.postpone(mail, until: next)
        metrics.count(mail.kind, .postponed)
    }

    private func end(_ mail: QueuedMail, _ outcome: MailMetrics.Outcome, mailbox: MailboxState? = nil) async throws {
        try await store.remove(mail, mailbox: mailbox)
        metrics.count(mail.kind, outcome)
    }
}

/// Delivers messages to a mail server.
package protocol MailTransport: Sendable {
    /// Returns once the server has accepted the message.
    ///
    /// - Throws: `SMTPError`, which says whether a retry can help; `CancellationError`.
    func send(_ message: MailMessage) async throws
}

extension SMTPClient: MailTransport {}
