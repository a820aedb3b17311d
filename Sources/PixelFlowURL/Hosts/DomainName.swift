import Foundation

/// Converts a host name to its DNS form: lower case, with non-ASCII labels in their `xn--` form.
///
/// A conservative subset of UTS #46 as browsers apply it: compatibility forms (fullwidth letters, circled letters, the four full stops) are
/// mapped, case is folded, the text is normalised (NFC), and `ß` and `ς` are kept. Only letters, marks, numbers and symbols are allowed;
/// joiners are not. The rules for right-to-left labels are not checked.
enum DomainName {
    /// The name in ASCII, without a trailing dot; nil if it cannot be converted. Does not check the lengths and characters of labels.
    static func ascii(_ text: String) -> String? {
        var labels: [String] = []
        let mapped = text.utf8.allSatisfy({ $0 < 0x80 }) ? text.lowercased() : mapped(text)
        for label in mapped.split(separator: ".", omittingEmptySubsequences: false) {
            guard let ascii = ascii(label: label) else { return nil }
            labels.append(ascii)
        }
        if labels.count > 1, labels.last == "" { labels.removeLast() }
        return labels.joined(separator: ".")
    }

    /// Case folding can produce characters with compatibility forms again, so both steps run twice (`NFKC_Casefold`).
    private static func mapped(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isIgnored(scalar) {
            scalars.append(isFullStop(scalar) ? "." : scalar)
        }
        let once = String(scalars).precomposedStringWithCompatibilityMapping.lowercased()
        return once.precomposedStringWithCompatibilityMapping.lowercased().precomposedStringWithCanonicalMapping
    }

    private static func ascii(label: Substring) -> String? {
        if label.utf8.allSatisfy({ $0 < 0x80 }) {
            guard label.hasPrefix("xn--") else { return String(label) }
            // Other programs display the decoded name, so it must be valid as well.
            guard let scalars = Punycode.decode(label.dropFirst(4)), isLabel(scalars), scalars.contains(where: { !$0.isASCII }),
                encoded(scalars) == String(label)
            else { return nil }
            return String(label)
        }
        let scalars = Array(label.unicodeScalars)
        guard isLabel(scalars), !label.hasPrefix("xn--") else { return nil }
        return encoded(scalars)
    }

    private static func encoded(_ scalars: [Unicode.Scalar]) -> String? { Punycode.encode(scalars).map { "xn--" + $0 } }

    private static func isLabel(_ scalars: [Unicode.Scalar]) -> Bool {
        guard let first = scalars.first, !isMark(first) else { return false }
        let text = String(String.UnicodeScalarView(scalars))
        return scalars.allSatisfy(isAllowed) && Array(mapped(text).unicodeScalars) == scalars
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.properties.isASCIIHexDigit || ("a"..."z").contains(scalar) || scalar == "-" || scalar == "_" }
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber, .otherNumber,
            .otherSymbol, .mathSymbol, .currencySymbol, .modifierSymbol:
            return true
        default:
            // Punctuation that is part of words: middle dot, keraia, geresh, gershayim, katakana middle dot.
            return ["\u{B7}", "\u{375}", "\u{5F3}", "\u{5F4}", "\u{30FB}"].contains(scalar)
        }
    }

    /// Full stops that Chinese and Japanese keyboards produce.
    private static func isFullStop(_ scalar: Unicode.Scalar) -> Bool { ["\u{3002}", "\u{FF0E}", "\u{FF61}"].contains(scalar) }

    /// Invisible characters that are not part of a name: soft hyphen, zero-width space, word joiner, variation selectors, byte order mark.
    private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x200B, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }
}
