import PixelFlowCore

/// The host of a URL: an address in its standard spelling, or a plain name.
///
/// Everything that could be read in two ways is refused: short, octal, hexadecimal and single-number
/// spellings of addresses, zones, percent-encoding, and letters beyond ASCII (their `xn--` form is fine).
enum SourceHost: Sendable, Hashable {
    case address(IPAddress)
    /// Lower case, without a final dot.
    case name(String)

    /// - Throws: `url_invalid`.
    init(_ text: Substring) throws(PixelFlowError) {
        guard !text.isEmpty else { throw .urlInvalid("The URL has no host.") }
        if text.hasPrefix("[") {
            guard text.hasSuffix("]"), let address = IPAddress(String(text.dropFirst().dropLast())), address.width == 128 else {
                throw .urlInvalid("The host of the URL is no valid IPv6 address.")
            }
            self = .address(address)
            return
        }
        if let address = IPAddress(String(text)), address.width == 32 {
            self = .address(address)
            return
        }
        let name = (text.hasSuffix(".") ? text.dropLast() : text).lowercased()
        guard Self.isName(name) else {
            throw .urlInvalid("The host of the URL is neither a plain name nor an address in its usual form.")
        }
        self = .name(name)
    }

    private static func isName(_ name: String) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, let last = labels.last else { return false }
        return labels.allSatisfy(isLabel) && !isNumber(last)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// A last label of digits, or of `0x` and more, makes some readers take the whole for an IPv4 address.
    private static func isNumber(_ label: Substring.UTF8View) -> Bool {
        label.starts(with: "0x".utf8) || label.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// As it stands in a URL and in a Host header.
    var urlText: String {
        switch self {
        case .address(.v4(let bits)): IPAddress.v4(bits).description
        case .address(.v6(let bits)): "[\(IPAddress.v6(bits))]"
        case .name(let name): name
        }
    }
}
