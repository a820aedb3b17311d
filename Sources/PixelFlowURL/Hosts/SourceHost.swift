package import PixelFlowCore
package import WireFormats

/// The host of a URL: an IP address or a name.
///
/// Parsed as browsers do (WHATWG URL), and normalised: percent-encoding is decoded, non-ASCII letters are converted (`DomainName`), and
/// every notation of an IPv4 address becomes that address (`IPv4Number`). IPv6 addresses must be in brackets and have no zone.
package enum SourceHost: Sendable, Hashable {
    case address(IPAddress)
    /// Lower-case ASCII, without a trailing dot.
    case name(String)

    /// RFC 1035, section 2.3.4.
    static let maximumNameLength = 253
    static let maximumLabelLength = 63
    /// In bytes of UTF-8, before the conversion to ASCII, whose time is quadratic in the length. A letter takes at most four bytes in
    /// UTF-8, and at least one in ASCII.
    static let maximumTextLength = 4 * maximumNameLength

    /// - Throws: `url_invalid`.
    init(_ text: Substring) throws(PixelFlowError) {
        guard !text.isEmpty else { throw .urlInvalid("The URL has no host.") }
        if text.hasPrefix("[") {
            guard text.hasSuffix("]"), let address = IPAddress(String(text.dropFirst().dropLast())), address.width == 128 else {
                throw .urlInvalid("The host of the URL is not a valid IPv6 address.")
            }
            self = .address(address)
            return
        }
        guard let decoded = Self.percentDecoded(text) else { throw .urlInvalid("The host of the URL contains invalid characters.") }
        guard decoded.utf8.count <= Self.maximumTextLength else { throw .hostTooLong }
        guard let name = DomainName.ascii(decoded) else { throw .urlInvalid("The host of the URL contains invalid characters.") }
        if IPv4Number.ends(name) {
            guard let address = IPv4Number.address(name) else { throw .urlInvalid("The host of the URL is not a valid IPv4 address.") }
            self = .address(address)
            return
        }
        try Self.check(name)
        self = .name(name)
    }

    /// Nil if the result is not valid UTF-8.
    private static func percentDecoded(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return String(validating: PercentEncoding.decodedLeniently(text.utf8), as: UTF8.self)
    }

    private static func check(_ name: String) throws(PixelFlowError) {
        guard name.utf8.count <= maximumNameLength else { throw .hostTooLong }
        for label in name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...maximumLabelLength).contains(label.count) else {
                throw .urlInvalid("A part of the host is empty or longer than \(maximumLabelLength) characters.")
            }
            guard label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-"), label.allSatisfy(isPlain) else {
                throw .urlInvalid("The host of the URL contains invalid characters.")
            }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// The form for a URL and a `Host` header.
    package var urlText: String {
        if case .address(.v6) = self { "[\(text)]" } else { text }
    }

    /// The name or the address, without brackets.
    package var text: String {
        switch self {
        case .address(let address): address.description
        case .name(let name): name
        }
    }
}

extension PixelFlowError {
    fileprivate static let hostTooLong = urlInvalid("The host of the URL is longer than \(SourceHost.maximumNameLength) characters.")
}
