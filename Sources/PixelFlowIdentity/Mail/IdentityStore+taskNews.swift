import FoundationEssentials
package import PixelFlowCore
import WireFormats

/// The content of a message about the recipient's tasks, stored when it is queued.
package struct TaskNews: Sendable, Hashable, Codable {
    package enum Subject: Sendable, Hashable, Codable {
        case span(TaskMail, from: Timestamp, until: Timestamp)
        case batch(String, description: String)
    }

    package var organisation: TenantID
    package var person: UserID
    package var ended: EndedTasks
    package var subject: Subject

    package init(organisation: TenantID, person: UserID, ended: EndedTasks, subject: Subject) {
        self.organisation = organisation
        self.person = person
        self.ended = ended
        self.subject = subject
    }
}

extension TaskMail: Codable {}

extension IdentityStore {
    private static let keep = SQLStatement(
        "keep_task_digest",
        """
        INSERT INTO task_digests (id, organisation, user_id, document, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO NOTHING
        """)
    private static let find = SQLStatement("task_digest", "SELECT document FROM task_digests WHERE id = $1")
    private static let mailable = SQLStatement(
        "mailable_member",
        """
        SELECT u.email FROM memberships m
        JOIN users u ON u.id = m.user_id
        JOIN organisations o ON o.id = m.organisation
        WHERE m.organisation = $1 AND m.user_id = $2 AND o.deleted_at = 0 AND u.disabled_at = 0 AND u.mail_refused_at = 0
        """)
    private static let maker = SQLStatement("maker_of_api_key", "SELECT created_by FROM api_keys WHERE id = $1 AND organisation = $2")

    /// Stores the content of a message and queues it.
    ///
    /// - Parameter id: only one message is queued per id.
    /// - Returns: false if it already exists.
    /// - Throws: as `queue(_:_:)`.
    @discardableResult
    static func queue(
        _ news: TaskNews, id: String, _ kind: QueuedMail.Kind, to recipient: String, at now: Timestamp, until expiry: Timestamp,
        _ connection: any SQLConnection
    ) throws -> Bool {
        let document = String(decoding: try JSONStreamEncoder(sortsKeys: false).encode(news), as: UTF8.self)
        let isNew =
            try connection.execute(keep, .text(id), .id(news.organisation), .id(news.person), .text(document), .time(expiry)) == 1
        guard isNew else { return false }
        let mail = QueuedMail(
            id: UUIDv7.make(at: now), kind: kind, recipient: recipient, subject: id, organisation: news.organisation, createdAt: now,
            expiresAt: expiry)
        try queue(mail, connection)
        return true
    }

    /// The address of a member; nil if the organisation or the account cannot get mail.
    static func mailable(_ person: UserID, in organisation: TenantID, _ connection: any SQLConnection) throws -> String? {
        try connection.rows(mailable, .id(organisation), .id(person)) { $0.text(0) }.first
    }

    /// The creator of an API key; nil if there is no such key.
    static func maker(of key: UserID, in organisation: TenantID, _ connection: any SQLConnection) throws -> UserID? {
        try connection.rows(maker, .id(key), .id(organisation)) { UserID($0.text(0)) }.first
    }

    /// The content of a message about tasks, and its organisation; nil if the recipient no longer wants it or cannot get mail.
    package func taskNews(of mail: QueuedMail) async throws -> (news: TaskNews, organisation: Organisation)? {
        try await database.read(.mail) { connection in
            guard let document = try connection.rows(Self.find, .text(mail.subject), map: { $0.text(0) }).first else { return nil }
            let news = try JSONDecoder().decode(TaskNews.self, from: Data(document.utf8))
            guard try Self.mailable(news.person, in: news.organisation, connection) == mail.recipient,
                try Self.taskMail(of: news.person, in: news.organisation, connection) != .never,
                let organisation = try Self.membership(of: news.person, in: news.organisation, connection)?.organisation
            else { return nil }
            return (news, organisation)
        }
    }
}
