import PixelFlowCore
import PixelFlowIdentity

/// One person's subscription to one kind of notice of one organisation.
struct NoticeSubscription: Sendable, Hashable {
    let kind: QueuedMail.Kind
    let organisation: TenantID
    let user: UserID

    init(kind: QueuedMail.Kind, organisation: TenantID, user: UserID) {
        self.kind = kind
        self.organisation = organisation
        self.user = user
    }

    /// Parses `name`.
    init?(_ name: Substring) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let kind = QueuedMail.Kind(rawValue: parts[0]), kind.isNotice else { return nil }
        self.init(kind: kind, organisation: TenantID(parts[1]), user: UserID(parts[2]))
    }

    /// Contains only characters that need no escaping in a URL.
    var name: String { "\(kind.rawValue).\(organisation.rawValue).\(user.rawValue)" }
}
