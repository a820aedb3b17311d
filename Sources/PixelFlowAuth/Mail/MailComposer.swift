import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import SMTP

/// Composes messages when they are sent, not when they are queued, because their subject may have changed in between.
struct MailComposer: Sendable {
    let store: IdentityStore
    let outbox: Outbox
    let layout: MailLayout
    let clock: any WallClock

    /// - Returns: nil if the message is obsolete.
    /// - Throws: `SMTPError` of kind `.message` if the content cannot form a valid message.
    func message(for mail: QueuedMail) async throws -> MailMessage? {
        let secrets = try await outbox.issuer.value.mailSecrets
        let found = mail.kind.isNotice ? try await notice(mail, secrets) : try await letter(mail, try secrets.token(of: mail))
        // Names are user input. Those stored by older releases may contain line breaks, which are invalid in headers.
        guard let letter = found?.onOneLineEach else { return nil }
        let sender = outbox.settings.sender
        // Prevents automatic replies such as holiday notices (RFC 3834).
        var fields = [(name: "Auto-Submitted", value: "auto-generated")]
        if let stop = letter.stop {
            fields += [("List-Unsubscribe", "<\(stop)>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
        }
        return try MailMessage(
            from: sender, to: MailAddress(mail.recipient), subject: letter.subject, text: layout.text(letter), html: layout.html(letter),
            messageID: "\(mail.id)@\(sender.domain)", date: mail.createdAt.microseconds / 1_000_000,
            fields: fields)
    }

    private func letter(_ mail: QueuedMail, _ secret: SecretToken) async throws -> Letter? {
        let now = clock.now()
        func link(_ path: String) -> String { "\(outbox.settings.page)/\(path)#\(secret.text)" }
        switch mail.kind {
        case .invitation:
            guard let invitation = try await store.invitation(hash: secret.hash, at: now), invitation.email == mail.recipient,
                let organisation = try await store.organisation(invitation.organisation), organisation.deletedAt == nil
            else { return nil }
            let inviter = try await store.user(invitation.invitedBy)?.email
            return .invitation(
                to: organisation.name, as: invitation.role, by: inviter, link: link("invite"), until: invitation.expiresAt)
        case .passwordReset:
            guard let user = try await store.passwordReset(hash: secret.hash, at: now), user.email == mail.recipient else { return nil }
            return .passwordReset(link: link("reset"), address: user.email)
        case .verification:
            guard let user = try await store.verification(hash: secret.hash, at: now), user.email == mail.recipient else { return nil }
            return .verification(link: link("verify"), address: user.email)
        case .passwordForgotten, .webhookDisabled, .quotaWarning, .taskDigest, .batchCompleted: return nil
        }
    }

    private func notice(_ mail: QueuedMail, _ secrets: MailSecrets) async throws -> Letter? {
        if mail.kind.isAboutTasks { return try await taskNews(mail, secrets) }
        guard let notice = try await store.notice(of: mail) else { return nil }
        let subscription = NoticeSubscription(kind: mail.kind, organisation: notice.organisation.id, user: notice.user)
        let (page, stop) = (outbox.settings.page, stop(subscription, secrets))
        let (organisation, detail) = (notice.organisation.name, notice.entry.detail)
        switch mail.kind {
        case .webhookDisabled:
            return .webhookDisabled(detail, of: organisation, link: "\(page)/webhooks/\(notice.entry.target)", stop: stop)
        case .quotaWarning:
            let link = page + "/usage"
            return .quotaWarning(notice.entry.quota, detail: detail, of: organisation, link: link, stop: stop)
        case .invitation, .passwordForgotten, .passwordReset, .verification, .taskDigest, .batchCompleted: return nil
        }
    }

    private func taskNews(_ mail: QueuedMail, _ secrets: MailSecrets) async throws -> Letter? {
        guard let (news, organisation) = try await store.taskNews(of: mail) else { return nil }
        let subscription = NoticeSubscription(kind: mail.kind, organisation: news.organisation, user: news.person)
        return .taskNews(news, of: organisation.name, page: outbox.settings.page, stop: stop(subscription, secrets))
    }

    private func stop(_ subscription: NoticeSubscription, _ secrets: MailSecrets) -> String {
        "\(outbox.settings.page)/auth/unsubscribe?token=\(secrets.token(of: subscription))"
    }
}
