import PixelFlowCore
import PixelFlowIdentity

/// The notices of one kind that a person gets of one organisation.
struct NoticeSubscription: Sendable, Hashable {
    let kind: QueuedMail.Kind
    let organisation: TenantID
    let user: UserID

    init(kind: QueuedMail.Kind, organisation: TenantID, user: UserID) {
        self.kind = kind
        self.organisation = organisation
        self.user = user
    }

    /// Reads `name`.
    init?(_ name: Substring) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let kind = QueuedMail.Kind(rawValue: parts[0]), kind.isNotice else { return nil }
        self.init(kind: kind, organisation: TenantID(parts[1]), user: UserID(parts[2]))
    }

    /// In characters that need no escape in a URL.
    var name: String { "\(kind.rawValue).\(organisation.rawValue).\(user.rawValue)" }
}
