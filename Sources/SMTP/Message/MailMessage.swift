import WireFormats

/// A message to one mailbox, as text and as HTML.
public struct MailMessage: Sendable, Hashable {
    public let from: MailAddress
    public let to: MailAddress
    public let subject: String
    public let text: String
    /// The same in HTML; the message is plain text if nil.
    public let html: String?
    /// Names the message for good; the same for every attempt to send it, so that servers and readers know a copy. Without brackets.
    public let messageID: String
    /// Seconds since 1970.
    public let date: Int64
    /// Further fields, in their order, as `Auto-Submitted`.
    public let fields: [(name: String, value: String)]

    /// - Throws: `SMTPError` of kind `.message` if a text that goes into the header has line ends or other control characters in it.
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
