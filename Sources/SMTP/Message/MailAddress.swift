import WireFormats

/// A mailbox: an address and an optional display name.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    public let name: String?
    /// `local@domain`, as in the envelope.
    public let address: String

    /// - Throws: `SMTPError` of kind `.message` if the address is invalid, or if either text contains control characters, with which
    ///   an attacker could add lines to a header or commands to a session.
    public init(_ address: String, name: String? = nil) throws(SMTPError) {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = address.isSingleLine && !address.unicodeScalars.contains(where: Self.forbidden.contains)
        // Limits of RFC 5321, section 4.5.3.1.
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain, parts[0].utf8.count <= 64, address.utf8.count <= 254 else {
            throw SMTPError(.message, "The address is not valid.")
        }
        guard name?.isSingleLine != false else {
            throw SMTPError(.message, "The name of an address has control characters in it.")
        }
        self.address = address
        self.name = name
    }

    /// Parses `Name <local@domain>` or `local@domain`.
    ///
    /// - Throws: like `init(_:name:)`.
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

    /// The part after the at sign.
    public var domain: String { String(address.split(separator: "@").last ?? "") }

    /// Whether all servers can deliver to the address, not only those with SMTPUTF8.
    var isASCII: Bool { address.utf8.allSatisfy { $0 < 0x80 } }

    private static let forbidden = Set("<>()[]\\,;:\" ".unicodeScalars)
}
