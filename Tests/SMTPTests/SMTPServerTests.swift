import Deadlines
import SMTP
import TestSupport
import Testing

@Suite("Mail over a real server")
struct SMTPServerTests {
    static func message(
        to: String = "ada@example.org", subject: String = "Grüße aus dem Büro, mit einem Betreff, der länger ist als eine Zeile",
        text: String = "Guten Tag\n.\n..zwei Punkte\n" + String(repeating: "lang ", count: 300) + "\n",
        html: String? = "<p>Grüße &amp; Küsse</p>"
    ) throws -> MailMessage {
        try MailMessage(
            from: MailAddress("noreply@example.org", name: "PixelFlow, \"Büro\""), to: MailAddress(to, name: "Ada"), subject: subject,
            text: text, html: html, messageID: "one@example.org", date: 1_767_225_600, fields: [("Auto-Submitted", "auto-generated")])
    }

    private func send(_ message: MailMessage, to url: String) async throws -> SMTPError? {
        let client = try SMTPClient(try SMTPEndpoint(url: url))
        do {
            try await within(.testDeadline, "the mail is sent") { try await client.send(message) }
            return nil
        } catch let error as SMTPError {
            return error
        }
    }

    @Test("a message arrives unchanged over each kind of connection", arguments: [MailServer.Security.plain, .starttls, .implicit])
    func messageArrivesUnchanged(security: MailServer.Security) async throws {
        try await MailServer.with(security) { server in
            let message = try Self.message()
            #expect(try await send(message, to: server.url()) == nil)
            let mail = try #require(try server.mails().first)
            #expect(mail.defects == [])
            #expect(mail.secure == (security != .plain))
            #expect(mail.from == "noreply@example.org" && mail.to == ["ada@example.org"])
            #expect(mail.headers["Subject"] == message.subject)
            #expect(mail.headers["From"] == #""PixelFlow, \"Büro\"" <noreply@example.org>"#)
            #expect(mail.headers["Message-ID"] == "<one@example.org>")
            #expect(mail.headers["Date"] == "Thu, 01 Jan 2026 00:00:00 +0000")
            #expect(mail.headers["Auto-Submitted"] == "auto-generated")
            #expect(mail.parts["text/plain"] == message.text)
            #expect(mail.parts["text/html"] == message.html)
            #expect(mail.raw.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 && $0.utf8.allSatisfy { $0 < 0x80 } })
        }
    }

    @Test("a host name works like an address if the certificate contains it, and no other certificate is accepted")
    func hostNameOfTheCertificateIsChecked() async throws {
        try await MailServer.with(.implicit) { server in
            let message = try Self.message()
            #expect(try await send(message, to: server.url(host: "localhost")) == nil)
            #expect(try await send(message, to: "smtps://localhost:\(server.port)")?.kind == .security)
            #expect(try server.mails().count == 1)
        }
    }

    @Test("a certificate for the address of the server is not valid for its name", arguments: [MailServer.Security.implicit, .starttls])
    func certificateForTheAddressIsRefused(security: MailServer.Security) async throws {
        try await MailServer.with(security, names: "IP:127.0.0.1,DNS:*.example.org") { server in
            let message = try Self.message()
            #expect(try await send(message, to: server.url(host: "localhost"))?.kind == .security)
            #expect(try await send(message, to: server.url()) == nil)
        }
    }

    @Test("either mechanism can log in", arguments: ["PLAIN", "LOGIN"])
    func eitherMechanismLogsIn(mechanism: String) async throws {
        try await MailServer.with(.starttls, login: "ada:correct horse", mechanisms: mechanism) { server in
            #expect(try await send(try Self.message(), to: server.url(login: "ada:correct%20horse")) == nil)
            #expect(try server.mails().first?.login == mechanism)
            let wrong = try #require(try await send(try Self.message(), to: server.url(login: "ada:wrong")))
            #expect(wrong.kind == .authentication && !wrong.isPermanent && !"\(wrong)".contains("wrong"))
            let without = try #require(try await send(try Self.message(), to: server.url()))
            #expect(without.kind == .server)
        }
    }

    @Test("refusals say whether another attempt can succeed")
    func refusalsAreClassified() async throws {
        try await MailServer.with { server in
            let expected: [(String, SMTPError.Kind, Bool)] = [
                ("nobody@example.org", .refused, true), ("later@example.org", .postponed, false), ("full@example.org", .refused, true),
            ]
            for (address, kind, isPermanent) in expected {
                let error = try #require(try await send(try Self.message(to: address), to: server.url()))
                #expect(error.kind == kind && error.isPermanent == isPermanent, "\(address): \(error)")
            }
            #expect(try server.mails().isEmpty)
        }
    }

    @Test("a message larger than the server's size limit is not sent")
    func oversizedMessageIsNotSent() async throws {
        try await MailServer.with(size: 1_000) { server in
            let error = try #require(try await send(try Self.message(), to: server.url()))
            #expect(error.kind == .refused && error.reply == nil)
        }
    }

    @Test("a non-ASCII address is sent with SMTPUTF8")
    func unicodeAddressUsesSMTPUTF8() async throws {
        try await MailServer.with { server in
            #expect(try await send(try Self.message(to: "grüße@example.org"), to: server.url()) == nil)
            let mail = try #require(try server.mails().first)
            #expect(mail.to == ["grüße@example.org"] && mail.options.contains("SMTPUTF8"))
        }
    }

    @Test("without a listening server, the connection fails")
    func missingServerFails() async throws {
        try await MailServer.with { server in
            try server.stop()
            #expect(try await send(try Self.message(), to: server.url())?.kind == .connection)
        }
    }
}
