import FoundationEssentials
package import PixelFlowCore
package import PixelFlowIdentity
package import SMTP

/// How auth sends mail. Mail is off unless the URL of a server is set.
package struct MailSettings: Sendable, Hashable {
    private static let serverName = "PIXELFLOW_SMTP_URL"

    static let serverSetting = Setting<SMTPEndpoint?>(
        serverName, default: "", expected: "smtp://[USER:PASSWORD@]HOST[:PORT] or smtps://…",
        help: """
            The mail server: smtp:// (STARTTLS, port 587) or smtps:// (TLS, port 465) with USER:PASSWORD@HOST:PORT. ?tls=optional or \
            ?tls=off weakens smtp://; ?ca=FILE names the certificate authority of the server. No mail is sent unless set.
            """, isSecret: true
    ) { text in
        if text.isEmpty { return .some(nil) }
        return (try? SMTPEndpoint(url: text)).map { .some($0) }
    }
    static let senderSetting = Setting<MailAddress?>(
        "PIXELFLOW_MAIL_FROM", default: "", expected: "an address, as in PixelFlow <noreply@example.org>",
        help: "The sender of mail, as in PixelFlow <noreply@example.org>. Needed with PIXELFLOW_SMTP_URL."
    ) { text in
        if text.isEmpty { return .some(nil) }
        return (try? MailAddress(parsing: text)).map { .some($0) }
    }
    static let pageSetting = Setting<String?>(
        "PIXELFLOW_PUBLIC_URL", default: "", expected: "an address like https://images.example.org",
        help: "The address of the page as people reach it, for the links in mail. Needed with PIXELFLOW_SMTP_URL.",
        parse: { $0.isEmpty ? .some(nil) : page($0).map { .some($0) } })
    static let verificationSetting = Setting<VerificationMode>.choice(
        "PIXELFLOW_AUTH_VERIFY_EMAIL", default: .off, of: VerificationMode.allCases,
        help: "Whether new accounts are asked by mail to confirm their address: on or off. Unconfirmed accounts are not restricted.")

    static let dailyHourSetting = Setting<Int>.integer(
        "PIXELFLOW_MAIL_DAILY_HOUR", default: 6, in: 0...23,
        help: "The hour, in UTC, at which daily digests of tasks are mailed.")

    package static let descriptions: [SettingDescription] = [
        serverSetting.description, senderSetting.description, pageSetting.description, verificationSetting.description,
        dailyHourSetting.description,
    ]

    package var server: SMTPEndpoint
    package var sender: MailAddress
    /// Without a trailing slash.
    package var page: String
    package var verification = VerificationMode.off
    package var schedule = TaskMailSchedule(dailyHour: 6)

    package init(server: SMTPEndpoint, sender: MailAddress, page: String) {
        self.server = server
        self.sender = sender
        self.page = page
    }

    /// - Returns: nil if no server is set.
    /// - Throws: `setting_invalid`, with the name of the invalid or missing setting as `field`.
    package static func read(_ settings: Settings) throws(PixelFlowError) -> MailSettings? {
        let (server, sender, page) = (try settings[serverSetting], try settings[senderSetting], try settings[pageSetting])
        let (verification, dailyHour) = (try settings[verificationSetting], try settings[dailyHourSetting])
        guard let server else {
            if verification == .on { throw missing(serverSetting.description, "PIXELFLOW_AUTH_VERIFY_EMAIL is on") }
            return nil
        }
        guard let sender else { throw missing(senderSetting.description, "\(serverName) is set") }
        guard let page else { throw missing(pageSetting.description, "\(serverName) is set") }
        var mail = MailSettings(server: server, sender: sender, page: page)
        mail.verification = verification
        mail.schedule = TaskMailSchedule(dailyHour: dailyHour)
        return mail
    }

    /// - Throws: `setting_invalid` if the CA certificates for the server cannot be read.
    func client() throws(PixelFlowError) -> SMTPClient {
        do {
            return try SMTPClient(server, timeouts: MailSender.timeouts)
        } catch {
            throw .invalid(Self.serverName, "\(Self.serverName) cannot be used: \(error)", code: "setting_invalid")
        }
    }

    private static func missing(_ setting: SettingDescription, _ reason: String) -> PixelFlowError {
        .invalid(setting.name, "\(setting.name) must be \(setting.expected), because \(reason).", code: "setting_invalid")
    }

    private static func page(_ text: String) -> String? {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            url.host()?.isEmpty == false, url.user() == nil, url.query() == nil, url.fragment() == nil,
            // Other characters would have to be escaped in mail.
            text.utf8.allSatisfy({ (0x21..<0x7f).contains($0) && $0 != UInt8(ascii: "\"") })
        else { return nil }
        return text.last == "/" ? String(text.dropLast()) : text
    }
}

/// Whether new accounts are asked by mail to confirm their address.
package enum VerificationMode: String, Sendable, CaseIterable {
    case on, off
}
