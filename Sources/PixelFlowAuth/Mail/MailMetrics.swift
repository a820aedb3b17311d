import Metrics
import PixelFlowIdentity

/// What became of mail. Each series exists from the start, so that the first event is an increase.
struct MailMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        /// Taken over by the server.
        case sent
        /// To be tried again.
        case postponed
        /// For good: the mailbox or the message.
        case refused
        /// Not sent before its link was good for nothing.
        case expired
        /// About what is no more: an invitation that was revoked, an address without an account.
        case obsolete
    }

    private let outcomes: [QueuedMail.Kind: [Outcome: Counter]]
    private let doubts: Counter
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
        doubts = Counter(label: "auth_mail_doubts_total", factory: factory)
        backlog = Gauge(label: "auth_mail_backlog", factory: factory)
    }

    func count(_ kind: QueuedMail.Kind, _ outcome: Outcome) { outcomes[kind]?[outcome]?.increment() }

    /// A message that the server may have had already is tried again.
    func countDoubt() { doubts.increment() }

    func setBacklog(_ count: Int) { backlog.record(Double(count)) }
}
