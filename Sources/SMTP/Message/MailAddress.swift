import WireFormats

/// A mailbox: an address, and perhaps the name of whose it is.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    public let name: String?
    /// `local@domain`, as the envelope has it.
    public let address: String

    /// - Throws: `SMTPError` of kind `.message` if the address is none or either text has control characters in it, by which
    ///   someone could add lines to a header or commands to a session.
    public init(_ address: String, name: String? = nil) throws(SMTPError) {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = address.isSingleLine && !address.unicodeScalars.contains(where: Self.forbidden.contains)
        // RFC 5321, section 4.5.3.1.
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain, parts[0].utf8.count <= 64, address.utf8.count <= 254 else {
            throw SMTPError(.message, "The address is not valid.")
        }
        guard name?.isSingleLine != false else {
            throw SMTPError(.message, "The name of an address has control characters in it.")
        }
        self.address = address
        self.name = name
    }

    /// `Name <local@domain>` or `local@domain`.
    ///
    /// - Throws: as `init(_:name:)`.
    public init(parsing text: String) throws(SMTPError) {
        guard text.last == ">", let bracket = text.lastIndex(of: "<") else {
            try self.init(text)
            return
        }
        let name = text[..<bracket].split(separator: " ").joined(separator: " ")
        let isQuoted = name.count >= 2 && name.first == "\"" && name.last == "\""
        let bare = isQuoted ? String(name.dropFirst().dropLast()) : name
        try self.init(String(text[text.index(after: bracket)...].dropLast()), name: bare.isEmpty ? nil : bare)
    }

    public var description: String { name.map { "\($0) <\(address)>" } ?? address }

    /// What is behind the at.
    public var domain: String { String(address.split(separator: "@").last ?? "") }

    /// Whether the address can be had by every server, and not only by those with SMTPUTF8.
    var isASCII: Bool { address.utf8.allSatisfy { $0 < 0x80 } }

    private static let forbidden = Set("<>()[]\\,;:\" ".unicodeScalars)
}
