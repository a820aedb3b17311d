import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/notification-settings` and `/unsubscribe`: which notices of their organisations people get by mail.
struct NoticeRoutes: Sendable {
    let auth: AuthDependencies

    /// Without a sign-in: the token in the link is the credential.
    var openRoutes: [Route] {
        [
            Route(
                .get, "/unsubscribe", id: "showUnsubscribe", tag: "accounts", "Show the confirmation page of an unsubscribe link",
                details: "Changes nothing, because mail scanners follow links.", access: .anyone,
                parameters: [Self.token.description], responses: [Self.page("The confirmation page.")],
                problems: [.databaseUnavailable, .invalidParameter, Self.invalid], handler: show),
            Route(
                .post, "/unsubscribe", id: "unsubscribe", tag: "accounts", "Unsubscribe with a link",
                details: "One-click unsubscribe (RFC 8058): needs no sign-in and no cookie, and ignores the body. Can be repeated.",
                access: .anyone,
                parameters: [Self.token.description], responses: [Self.page("No such messages are sent any more.")],
                problems: [.databaseUnavailable, .invalidParameter, Self.invalid], handler: unsubscribe),
        ]
    }

    var routes: [Route] {
        [
            Route(
                .get, "/notification-settings", id: "getNotificationSettings", tag: "accounts",
                "Read which notices the caller gets by mail", details: "Those of the organisation of the token.", access: .token,
                responses: [.json(NotificationSettings.self, "What is sent.")], problems: [.databaseUnavailable, .personRequired],
                handler: read),
            Route(
                .put, "/notification-settings", id: "setNotificationSettings", tag: "accounts",
                "Choose which notices the caller gets by mail", details: "Those of the organisation of the token.", access: .token,
                body: BodyDescription([.json(NotificationChoice.self)], "What to send."),
                responses: [.json(NotificationSettings.self, "What is sent.")],
                problems: [.databaseUnavailable, .personRequired] + .fields, handler: write),
        ]
    }

    private static let token = QueryParameter.text("token", maximumBytes: 256, "The token in the link.")
    private static let invalid = DeclaredProblem(.notFound, "unsubscribe_invalid", "The link is incomplete, or belongs to another service.")

    private static func page(_ text: String) -> ResponseDescription {
        ResponseDescription(200, text, [ContentDescription("text/html", .schema(.string()))])
    }

    @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let subscription = try await subscription(request)
        return UnsubscribePage.question(subscription.kind)
    }

    @Sendable private func unsubscribe(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let subscription = try await subscription(request)
        let isAboutTasks = subscription.kind.isAboutTasks
        try await auth.store.setMuted(
            isAboutTasks ? [:] : [subscription.kind: true], tasks: isAboutTasks ? .never : nil, of: subscription.user,
            in: subscription.organisation, at: auth.clock.now())
        return UnsubscribePage.done(subscription.kind)
    }

    /// - Throws: `unsubscribe_invalid` (404).
    private func subscription(_ request: Request) async throws -> NoticeSubscription {
        let token = try Self.token.value(in: request.query) ?? ""
        guard let subscription = try await auth.issuer.value.mailSecrets.subscription(token) else {
            throw PixelFlowError(
                .notFound, code: "unsubscribe_invalid",
                "The link is incomplete or belongs to another service; change your choice on your account page.")
        }
        return subscription
    }

    @Sendable private func read(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(try await settings(of: try auth.person(request, context).principal))
    }

    @Sendable private func write(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try auth.person(request, context).principal
        let choice: NotificationChoice = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        try await auth.store.setMuted(
            [.webhookDisabled: !choice.webhookDisabled, .quotaWarning: !choice.quotaWarning], tasks: try choice.chosenTasks(),
            of: principal.user, in: principal.tenant, at: auth.clock.now())
        return try .json(try await settings(of: principal))
    }

    private func settings(of principal: Principal) async throws -> NotificationSettings {
        NotificationSettings(try await auth.store.noticeSettings(of: principal.user, in: principal.tenant))
    }
}

/// The body of `PUT /notification-settings`.
private struct NotificationChoice: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "NotificationChoice"
    static let annotations = NotificationSettings.choices

    let webhookDisabled: Bool
    let quotaWarning: Bool
    /// Nil keeps the current value.
    let tasks: String?

    enum CodingKeys: String, CodingKey {
        case tasks
        case webhookDisabled = "webhook_disabled"
        case quotaWarning = "quota_warning"
    }

    /// - Throws: `invalid_value` (422).
    func chosenTasks() throws(PixelFlowError) -> TaskMail? {
        guard let tasks else { return nil }
        guard let choice = TaskMail.allCases.first(where: { $0.rawValue == tasks }) else {
            let words = TaskMail.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("tasks", "tasks must be one of \(words).")
        }
        return choice
    }
}

struct NotificationSettings: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "NotificationSettings"
    fileprivate static let choices: [String: SchemaAnnotation] = [
        "webhook_disabled": "Whether the caller, as an owner, gets a mail when PixelFlow disables a webhook.",
        "quota_warning": "Whether the caller, as an owner or admin, gets a mail when a quota fills up.",
        "tasks": .init(
            """
            The mail about the tasks of the caller and the caller's API keys: none; one for each quarter of an hour in which tasks have \
            failed; one for each hour or day in which tasks have ended; or one for each completed batch. If absent in a request, it keeps \
            its value.
            """, schema: .choice(TaskMail.allCases.map(\.rawValue))),
    ]
    static let annotations = choices.merging([
        "mail_refused_at": .init(
            "When the mailbox began to refuse mail; none of these messages is sent until it accepts another one. RFC 3339.",
            ["format": "date-time"])
    ]) { $1 }

    let webhookDisabled: Bool
    let quotaWarning: Bool
    let tasks: String
    let mailRefusedAt: String?

    init(_ settings: IdentityStore.NoticeSettings) {
        webhookDisabled = !settings.muted.contains(.webhookDisabled)
        quotaWarning = !settings.muted.contains(.quotaWarning)
        tasks = settings.tasks.rawValue
        mailRefusedAt = settings.refusedAt?.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case tasks
        case webhookDisabled = "webhook_disabled"
        case quotaWarning = "quota_warning"
        case mailRefusedAt = "mail_refused_at"
    }
}

/// The page that an unsubscribe link opens. It uses no scripts and loads no external resources.
private enum UnsubscribePage {
    static func question(_ kind: QueuedMail.Kind) -> Response {
        // A form without an action is sent to the URL of the page, including its token.
        page(
            "No more of these messages?",
            "<p>PixelFlow will no longer mail you \(kind.words).</p><form method=\"post\"><button>Stop these messages</button></form>")
    }

    static func done(_ kind: QueuedMail.Kind) -> Response {
        page("Done", "<p>PixelFlow no longer mails you \(kind.words). You can change that in your account.</p>")
    }

    private static func page(_ title: String, _ content: String) -> Response {
        let html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title) – PixelFlow</title>
            <style>
            :root { color-scheme: light dark; font: 400 16px/1.55 system-ui, sans-serif; }
            main { max-width: 32rem; margin: 4rem auto; padding: 0 1rem; }
            button { font: inherit; font-weight: 600; padding: 0.6rem 1.2rem; }
            </style>
            </head>
            <body><main><h1>\(title)</h1>\(content)</main></body>
            </html>

            """
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                // With "no-referrer", browsers send no origin with the form, and web would reject it as cross-site.
                .referrerPolicy: "same-origin",
                .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
            ], body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

extension QueuedMail.Kind {
    /// Completes "PixelFlow mails you".
    fileprivate var words: String {
        switch self {
        case .webhookDisabled: "when it has disabled a webhook of this organisation"
        case .quotaWarning: "when this organisation has used much of a quota"
        case .taskDigest, .batchCompleted: "about your tasks in this organisation"
        case .invitation, .passwordForgotten, .passwordReset, .verification: "about this"
        }
    }
}
