import Metrics
import PixelFlowIdentity

/// Counts messages by outcome. Each series is created at start with the value 0, so that the first event shows as an increase.
struct MailMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        /// Accepted by the server.
        case sent
        /// Will be retried.
        case postponed
        /// Refused permanently, because of the mailbox or the message.
        case refused
        /// Not sent before its link expired.
        case expired
        /// Its subject no longer exists: a revoked invitation, or an address without an account.
        case obsolete
    }

    private let outcomes: [QueuedMail.Kind: [Outcome: Counter]]
    private let possibleDuplicates: Counter
    private let backlog: Gauge

    init(_ factory: any MetricsFactory) {
        let kinds = QueuedMail.Kind.allCases.filter { $0 != .passwordForgotten }
        outcomes = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                let counters = Outcome.allCases.map { outcome in
                    let dimensions = [("kind", kind.rawValue), ("outcome", outcome.rawValue)]
                    return (outcome, Counter(label: "auth_mails_total", dimensions: dimensions, factory: factory))
                }
                return (kind, Dictionary(uniqueKeysWithValues: counters))
            })
        possibleDuplicates = Counter(label: "auth_mail_possible_duplicates_total", factory: factory)
        backlog = Gauge(label: "auth_mail_backlog", factory: factory)
    }

    func count(_ kind: QueuedMail.Kind, _ outcome: Outcome) { outcomes[kind]?[outcome]?.increment() }

    /// Counts a retry of a message that the server may already have accepted.
    func countPossibleDuplicate() { possibleDuplicates.increment() }

    func setBacklog(_ count: Int) { backlog.record(Double(count)) }
}
