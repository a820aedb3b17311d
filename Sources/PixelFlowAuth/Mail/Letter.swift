import PixelFlowCore
import WireFormats

/// The content of a message, before layout.
struct Letter: Sendable, Hashable {
    var subject: String
    var heading: String
    var paragraphs: [String]
    /// The label of the button.
    var action: String
    var link: String
    /// Shown in small print.
    var notes: [String]
    /// The unsubscribe link; nil for messages that are not notices.
    var stop: String?
    /// Shown side by side, after the paragraphs.
    var figures: [Figure] = []
    /// Listed after the figures.
    var items: [Item] = []
    /// Shown after the items: how many others there are.
    var more: String?

    /// A highlighted number.
    struct Figure: Sendable, Hashable {
        var label: String
        var number: Int
    }

    /// One failed task.
    struct Item: Sendable, Hashable {
        var title: String
        var link: String
        var text: String
        /// The stable error code.
        var code: String
    }

    /// A copy without line breaks in any of its texts.
    var onOneLineEach: Letter {
        var letter = self
        letter.subject = subject.onOneLine
        letter.heading = heading.onOneLine
        letter.paragraphs = paragraphs.map(\.onOneLine)
        letter.notes = notes.map(\.onOneLine)
        letter.items = items.map { item in
            Item(title: item.title.onOneLine, link: item.link, text: item.text.onOneLine, code: item.code.onOneLine)
        }
        return letter
    }

    static func invitation(to organisation: String, as role: Role, by inviter: String?, link: String, until expiry: Timestamp) -> Letter {
        Letter(
            subject: "You are invited to \(organisation) on PixelFlow", heading: "You are invited",
            paragraphs: ["\(inviter ?? "An administrator") invites you to work in “\(organisation)” on PixelFlow, as \(role.words)."],
            action: "Accept the invitation", link: link,
            notes: [
                "The invitation is for you only and can be used once, until \(expiry.dayAndTime) UTC.",
                "If you do not know who invited you, ignore this message.",
            ])
    }

    static func passwordReset(link: String, address: String) -> Letter {
        Letter(
            subject: "Set a new password for PixelFlow", heading: "Set a new password",
            paragraphs: ["Someone has asked for a new password for the PixelFlow account \(address)."],
            action: "Choose a password", link: link,
            notes: [
                "The link can be used once, within an hour. A new password ends every session of the account.",
                "If you did not ask for this, ignore this message; your password does not change.",
            ])
    }

    static func verification(link: String, address: String) -> Letter {
        Letter(
            subject: "Confirm your address for PixelFlow", heading: "Confirm your address",
            paragraphs: ["There is a new PixelFlow account for \(address). Confirm that this is your address."],
            action: "Confirm the address", link: link,
            notes: ["The link can be used once, within a day.", "If you did not create an account, ignore this message."])
    }

    /// - Parameter detail: names the webhook and the reason.
    static func webhookDisabled(_ detail: String, of organisation: String, link: String, stop: String) -> Letter {
        Letter(
            subject: "A webhook of \(organisation) is disabled", heading: "A webhook is disabled",
            paragraphs: [
                "PixelFlow has disabled a webhook of “\(organisation)” – \(detail).",
                "It receives no more messages. Fix the receiver, enable the webhook again, and replay what it has missed.",
            ],
            action: "View the webhook", link: link, notes: ["You get this message because you are an owner of “\(organisation)”."],
            stop: stop)
    }

    /// - Parameter quota: nil for an entry of an older release, whose `detail` contains it as text.
    static func quotaWarning(_ quota: QuotaWarning?, detail: String, of organisation: String, link: String, stop: String) -> Letter {
        let known = detail.replacing("; \(AuditEntry.unknownOutcome)", with: "")
        let isFull = quota.map { $0.threshold >= 100 } ?? false
        return Letter(
            subject: isFull ? "A quota of \(organisation) is used up" : "A quota of \(organisation) is filling up",
            heading: isFull ? "A quota is used up" : "A quota is filling up",
            paragraphs: [
                quota.map { "“\(organisation)” has used \($0.share)." } ?? "“\(organisation)” has used much of a quota: \(known).",
                "Requests beyond the quota are refused. "
                    + (isFull ? quota?.remedy ?? "" : "Ask the operator for more if this will not be enough."),
            ],
            action: "Open PixelFlow", link: link,
            notes: ["You get this message because you are an owner or admin of “\(organisation)”."], stop: stop)
    }
}

extension QuotaWarning {
    private var isOfBytes: Bool { quota == Quota.CodingKeys.bytesStored.rawValue }

    /// Completes "has used".
    fileprivate var share: String {
        isOfBytes
            ? "\(Self.bytes(used)) of the \(Self.bytes(limit)) that it may store" : "\(used) of its \(limit.counted("task")) of this month"
    }

    /// What to do once the quota is used up.
    fileprivate var remedy: String {
        isOfBytes ? "Delete what is not needed, or ask the operator for more." : "Wait for the next month, or ask the operator for more."
    }

    /// For example `1.5 GB`.
    private static func bytes(_ count: Int) -> String {
        var (value, unit) = (Double(count), "bytes")
        for larger in ["kB", "MB", "GB", "TB"] where value >= 1000 { (value, unit) = (value / 1000, larger) }
        let tenths = Int((value * 10).rounded())
        return tenths.isMultiple(of: 10) ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}

extension Role {
    fileprivate var words: String {
        switch self {
        case .owner: "an owner"
        case .admin: "an admin"
        case .member: "a member"
        case .viewer: "a viewer"
        }
    }
}

extension Timestamp {
    /// For example `2026-01-15 09:30`.
    var dayAndTime: String { String(iso8601.prefix(16)).replacing("T", with: " ") }
}
