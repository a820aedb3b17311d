import WireFormats

/// A message to one mailbox, as plain text and HTML.
public struct MailMessage: Sendable, Hashable {
    public let from: MailAddress
    public let to: MailAddress
    public let subject: String
    public let text: String
    /// The message in HTML; nil for plain text only.
    public let html: String?
    /// The permanent id of the message, equal for all attempts to send it, so that servers and readers detect copies. Without brackets.
    public let messageID: String
    /// Seconds since 1970.
    public let date: Int64
    /// Additional header fields in order, such as `Auto-Submitted`.
    public let fields: [(name: String, value: String)]

    /// - Throws: `SMTPError` of kind `.message` if a header text contains line breaks or other control characters.
    public init(
        from: MailAddress, to: MailAddress, subject: String, text: String, html: String? = nil, messageID: String, date: Int64,
        fields: [(name: String, value: String)] = []
    ) throws(SMTPError) {
        let texts = [subject, messageID] + fields.map(\.value)
        guard texts.allSatisfy(\.isSingleLine) else {
            throw SMTPError(.message, "A field of the header has control characters in it.")
        }
        guard fields.allSatisfy({ Self.isName($0.name) }) else { throw SMTPError(.message, "The name of a field is not valid.") }
        guard !messageID.isEmpty, messageID.utf8.allSatisfy({ (0x21..<0x7f).contains($0) }),
            !messageID.contains(where: { "<>".contains($0) })
        else { throw SMTPError(.message, "The Message-ID is not valid.") }
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.messageID = messageID
        self.date = date
        self.fields = fields
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x21..<0x7f).contains($0) && $0 != UInt8(ascii: ":") }
    }

    public static func == (left: MailMessage, right: MailMessage) -> Bool { left.lines == right.lines }

    public func hash(into hasher: inout Hasher) { hasher.combine(messageID) }
}
