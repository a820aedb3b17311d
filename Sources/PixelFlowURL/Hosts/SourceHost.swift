package import PixelFlowCore
package import WireFormats

/// The host of a URL: an address, or a plain name.
///
/// Read as browsers read it (WHATWG URL), and kept in the one spelling that is used from there on: percent-encoding is
/// decoded, letters beyond ASCII are converted (`DomainName`), every spelling of an IPv4 address is the address
/// (`IPv4Number`). IPv6 addresses must stand in brackets, without a zone.
package enum SourceHost: Sendable, Hashable {
    case address(IPAddress)
    /// Lower case ASCII, without a final dot.
    case name(String)

    /// RFC 1035, section 2.3.4.
    static let maximumNameLength = 253
    static let maximumLabelLength = 63
    /// Bytes of UTF-8 before the conversion to ASCII, which takes time that grows with the square of the length. In ASCII a letter
    /// takes at least one byte of a name, and it has at most four in UTF-8.
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

    /// Nil where that is no UTF-8.
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

    /// As it stands in a URL and in a Host header.
    package var urlText: String {
        switch self {
        case .address(.v4(let bits)): IPAddress.v4(bits).description
        case .address(.v6(let bits)): "[\(IPAddress.v6(bits))]"
        case .name(let name): name
        }
    }
}

extension PixelFlowError {
    fileprivate static let hostTooLong = urlInvalid("The host of the URL is longer than \(SourceHost.maximumNameLength) characters.")
}
