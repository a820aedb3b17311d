import PixelFlowCore

/// Members' choices of mail about their tasks.
extension IdentityStore {
    private static let choose = SQLStatement(
        "choose_task_mail",
        """
        INSERT INTO task_mail (organisation, user_id, choice, told_until, lease_until)
        SELECT m.organisation, m.user_id, $3, $4, 0 FROM memberships m WHERE m.organisation = $1 AND m.user_id = $2
        ON CONFLICT (organisation, user_id) DO UPDATE SET choice = excluded.choice,
            told_until = CASE WHEN task_mail.choice = 'batches' THEN excluded.told_until ELSE task_mail.told_until END
        """)
    private static let end = SQLStatement("end_task_mail", "DELETE FROM task_mail WHERE organisation = $1 AND user_id = $2")
    private static let find = SQLStatement("task_mail", "SELECT choice FROM task_mail WHERE organisation = $1 AND user_id = $2")
    private static let forget = SQLStatement("forget_task_mail", "DELETE FROM task_mail WHERE user_id = $1")
    private static let forgetDigests = SQLStatement("forget_task_digests", "DELETE FROM task_digests WHERE user_id = $1")
    private static let forgetDigestsOfMember = SQLStatement(
        "forget_task_digests_of_member", "DELETE FROM task_digests WHERE user_id = $1 AND organisation = $2")

    /// `never` for a choice that only a newer release supports.
    static func taskMail(of user: UserID, in organisation: TenantID, _ connection: any SQLConnection) throws -> TaskMail {
        try connection.rows(find, .id(organisation), .id(user)) { TaskMail(rawValue: $0.text(0)) }.compactMap(\.self).first ?? .never
    }

    /// A member without spans so far starts now. A member who changes the length of the spans continues from the end of the last one.
    static func choose(
        _ choice: TaskMail, of user: UserID, in organisation: TenantID, at now: Timestamp, _ connection: any SQLConnection
    ) throws {
        if choice == .never {
            try connection.execute(end, .id(organisation), .id(user))
        } else {
            try connection.execute(choose, .id(organisation), .id(user), .text(choice.rawValue), .time(now))
        }
    }

    static func forgetTaskMail(of user: UserID, _ connection: any SQLConnection) throws {
        try connection.execute(forget, .id(user))
        try connection.execute(forgetDigests, .id(user))
    }

    static func forgetTaskMail(of user: UserID, in organisation: TenantID, _ connection: any SQLConnection) throws {
        try connection.execute(end, .id(organisation), .id(user))
        try connection.execute(forgetDigestsOfMember, .id(user), .id(organisation))
    }
}
