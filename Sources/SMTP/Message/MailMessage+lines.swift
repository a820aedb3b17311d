extension MailMessage {
    /// The lines of the message without line breaks: ASCII, except for addresses that need SMTPUTF8, and at most 998 bytes
    /// each.
    var lines: [String] {
        var lines = header
        guard let html else { return lines + Self.part(text, "text/plain") }
        // Cannot occur in either part: quoted-printable has no underscore after an equals sign.
        let boundary = "=_alternative"
        lines.append("Content-Type: multipart/alternative; boundary=\"\(boundary)\"")
        lines.append("")
        for (content, type) in [(text, "text/plain"), (html, "text/html")] {
            lines.append("--\(boundary)")
            lines += Self.part(content, type)
        }
        lines.append("--\(boundary)--")
        return lines
    }

    private var header: [String] {
        var fields = [
            ("Date", MailDate.text(date)), ("From", HeaderText.mailbox(from)), ("To", HeaderText.mailbox(to)),
            ("Subject", HeaderText.encoded(subject)), ("Message-ID", "<\(messageID)>"), ("MIME-Version", "1.0"),
        ]
        fields += self.fields.map { ($0.name, HeaderText.encoded($0.value)) }
        return fields.flatMap { HeaderText.folded("\($0.0): \($0.1)") }
    }

    private static func part(_ text: String, _ type: String) -> [String] {
        ["Content-Type: \(type); charset=utf-8", "Content-Transfer-Encoding: quoted-printable", ""] + QuotedPrintable.lines(text)
    }
}
