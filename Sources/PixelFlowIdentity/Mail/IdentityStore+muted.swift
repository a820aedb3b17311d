package import PixelFlowCore

/// What a delivery attempt has revealed about a mailbox.
package enum MailboxState: Sendable, Hashable {
    /// The server accepted a message for it.
    case takesMail
    /// The server refused the mailbox permanently (5xx).
    case refuses(at: Timestamp)
}

/// Which notices people have turned off, and which mailboxes refuse mail.
extension IdentityStore {
    private static let mute = SQLStatement(
        "mute_notice",
        """
        INSERT INTO muted_notices (organisation, user_id, kind, muted_at)
        SELECT m.organisation, m.user_id, $3, $4 FROM memberships m WHERE m.organisation = $1 AND m.user_id = $2
        ON CONFLICT (organisation, user_id, kind) DO NOTHING
        """)
    private static let unmute = SQLStatement(
        "unmute_notice", "DELETE FROM muted_notices WHERE organisation = $1 AND user_id = $2 AND kind = $3")
    private static let muted = SQLStatement(
        "muted_notices", "SELECT kind FROM muted_notices WHERE organisation = $1 AND user_id = $2")
    private static let forget = SQLStatement("forget_muted_notices", "DELETE FROM muted_notices WHERE user_id = $1")
    private static let forgetOne = SQLStatement(
        "forget_muted_notices_of_member", "DELETE FROM muted_notices WHERE user_id = $1 AND organisation = $2")
    private static let refused = SQLStatement("mail_refused_at", "SELECT mail_refused_at FROM users WHERE id = $1")
    private static let refuse = SQLStatement(
        "mail_is_refused", "UPDATE users SET mail_refused_at = $2 WHERE email = $1 AND mail_refused_at = 0")
    private static let take = SQLStatement(
        "mail_is_taken", "UPDATE users SET mail_refused_at = 0 WHERE email = $1 AND mail_refused_at <> 0")

    /// Which mail a member of an organisation gets.
    package struct NoticeSettings: Sendable, Hashable {
        package var muted: Set<QueuedMail.Kind>
        package var tasks: TaskMail
        /// When the mailbox began to refuse mail; nil if it accepts mail as far as is known.
        package var refusedAt: Timestamp?
    }

    package func noticeSettings(of user: UserID, in organisation: TenantID) async throws -> NoticeSettings {
        try await database.read(.mail) { connection in
            let kinds = try connection.rows(Self.muted, .id(organisation), .id(user)) { QueuedMail.Kind(rawValue: $0.text(0)) }
            let refused = try connection.rows(Self.refused, .id(user)) { $0.optionalTime(0) }.compactMap(\.self).first
            return NoticeSettings(
                muted: Set(kinds.compactMap(\.self)), tasks: try Self.taskMail(of: user, in: organisation, connection), refusedAt: refused)
        }
    }

    /// Turns notices off or on. Does nothing for someone who is not a member.
    ///
    /// - Parameters:
    ///   - muted: whether each kind is off; kinds that are not listed keep their state.
    ///   - tasks: which mail the person gets about tasks; nil keeps the current choice.
    package func setMuted(
        _ muted: [QueuedMail.Kind: Bool], tasks: TaskMail? = nil, of user: UserID, in organisation: TenantID, at now: Timestamp
    ) async throws {
        try await database.write(.mail) { connection in
            if let tasks { try Self.choose(tasks, of: user, in: organisation, at: now, connection) }
            for (kind, isMuted) in muted.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                if isMuted {
                    try connection.execute(Self.mute, .id(organisation), .id(user), .text(kind.rawValue), .time(now))
                } else {
                    try connection.execute(Self.unmute, .id(organisation), .id(user), .text(kind.rawValue))
                }
            }
        }
    }

    static func forgetMuted(of user: UserID, _ connection: any SQLConnection) throws { try connection.execute(forget, .id(user)) }

    static func forgetMuted(of user: UserID, in organisation: TenantID, _ connection: any SQLConnection) throws {
        try connection.execute(forgetOne, .id(user), .id(organisation))
    }

    static func note(_ mailbox: MailboxState, of address: String, _ connection: any SQLConnection) throws {
        switch mailbox {
        case .takesMail: try connection.execute(take, .text(address))
        case .refuses(let time): try connection.execute(refuse, .text(address), .time(time))
        }
    }
}
