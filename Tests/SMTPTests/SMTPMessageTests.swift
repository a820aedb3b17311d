import Testing

@testable import SMTP

@Suite("Message format")
struct SMTPMessageTests {
    private static let injections = ["a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\u{0}b", "a\u{85}b", "a\u{2028}b"]

    @Test("no header value can add a line to the header", arguments: injections)
    func headerInjectionIsRefused(text: String) throws {
        let (ada, bob) = (try MailAddress("ada@example.org"), try MailAddress("bob@example.org"))
        #expect(throws: SMTPError.self) { try MailAddress("ada@example.org", name: text) }
        #expect(throws: SMTPError.self) { try MailAddress("\(text)@example.org") }
        for (subject, id, field) in [(text, "id", ""), ("", text, ""), ("", "id", text)] {
            #expect(throws: SMTPError.self) {
                try MailMessage(from: ada, to: bob, subject: subject, text: "", messageID: id, date: 0, fields: [("X-Field", field)])
            }
        }
        #expect(throws: SMTPError.self) {
            try MailMessage(from: ada, to: bob, subject: "", text: "", messageID: "id", date: 0, fields: [(text, "")])
        }
    }

    @Test("an address that could end a command is invalid", arguments: ["", "@", "a@", "@b", "a@b@c", "a b@c", "a>@b", "<a@b", "a@b,c@d"])
    func addressesThatEndACommandAreInvalid(text: String) {
        #expect(throws: SMTPError.self) { try MailAddress(text) }
    }

    @Test("a mailbox is parsed with and without a name")
    func mailboxesAreParsed() throws {
        let (bare, named) = (try MailAddress("ada@example.org"), try MailAddress("ada@example.org", name: "Ada L"))
        #expect(try MailAddress(parsing: "ada@example.org") == bare)
        #expect(try MailAddress(parsing: "Ada L <ada@example.org>") == named)
        #expect(try MailAddress(parsing: "\"Ada, L\" <ada@example.org>").name == "Ada, L")
        #expect(throws: SMTPError.self) { try MailAddress(parsing: "Ada <ada@example.org") }
    }

    @Test("header lines have at most 76 bytes if words allow, and words are not split")
    func headersAreFolded() {
        let text = "Subject: " + (0..<60).map { "word\($0)" }.joined(separator: " ")
        let lines = HeaderText.folded(text)
        #expect(lines.count > 4 && lines.allSatisfy { $0.utf8.count <= 76 } && lines.dropFirst().allSatisfy { $0.hasPrefix(" ") })
        #expect(lines.joined() == text)
        let encoded = HeaderText.encoded(String(repeating: "ü€😀", count: 60)).split(separator: " ")
        #expect(encoded.count > 5 && encoded.allSatisfy { $0.utf8.count <= 75 })
        #expect(HeaderText.encoded("=?utf-8?B?aGk=?=") != "=?utf-8?B?aGk=?=")
        #expect(HeaderText.folded("Subject: a" + String(repeating: " ", count: 100) + "b").joined(separator: "").hasSuffix("b"))
    }

    @Test("quoted-printable preserves trailing blanks, and keeps lines short")
    func quotedPrintableKeepsTrailingBlanks() {
        #expect(QuotedPrintable.lines("a=b \r\nü\tx\t") == ["a=3Db=20", "=C3=BC\tx=09"])
        let long = QuotedPrintable.lines(String(repeating: "é", count: 100) + String(repeating: "y", count: 76))
        #expect(long.allSatisfy { $0.utf8.count <= 76 } && long.dropLast().allSatisfy { $0.hasSuffix("=") })
        #expect(QuotedPrintable.lines(String(repeating: "y", count: 76)).count == 1)
        #expect(QuotedPrintable.lines("") == [""])
    }

    @Test(
        "dates have the right weekday, leap days included",
        arguments: [
            (Int64(0), "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_772_323_199, "Sat, 28 Feb 2026 23:59:59 +0000"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 +0000"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
        ])
    func datesHaveTheRightWeekday(seconds: Int64, text: String) {
        #expect(MailDate.text(seconds) == text)
    }

    @Test("a URL names the server, and its error never repeats the password")
    func urlsAreParsedAndHidePasswords() throws {
        let full = try SMTPEndpoint(url: "smtps://ada:p%40ss@mail.example.org")
        #expect(full.host == "mail.example.org" && full.port == 465 && full.isImplicitTLS)
        #expect(full.credentials == .init(user: "ada", password: "p@ss"))
        #expect(try SMTPEndpoint(url: "smtp://mail.example.org").security == .required)
        #expect(try SMTPEndpoint(url: "smtp://mail.example.org:25?tls=off").security == .off)
        #expect(try SMTPEndpoint(url: "smtp://[::1]").security == .optional)
        #expect(try SMTPEndpoint(url: "smtp://ada:a/b@h").credentials == .init(user: "ada", password: "a/b"))
        #expect(try SMTPEndpoint(url: "SMTP://h?ca=%2Fca.pem").authorities == "/ca.pem")
        // A name, not an address.
        #expect(try SMTPEndpoint(url: "smtp://127.evil.example").security == .required)
        for text in [
            "", "mail.example.org", "http://a:secret@b", "smtp://", "smtp://secret@host", "smtp://a:secret@b/path",
            "smtp://a:secret@b?tls=maybe",
            "smtps://a:secret@b?tls=off", "smtp://a:secret@b?x=y", "smtp://a:@b", "smtp://a,b",
            "smtp://a:secret@b#c", "smtp://a:se%00cret@b", "smtp://a:secret@b:99999",
        ] {
            let error = #expect(throws: SMTPError.self) { try SMTPEndpoint(url: text) }
            #expect(error.map { !"\($0)".contains("secret") } == true)
        }
    }
}
