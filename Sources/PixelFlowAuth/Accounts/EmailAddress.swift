import Foundation
import PixelFlowCore

/// An email address in the canonical form in which it is stored and looked up: trimmed, NFC, lower case.
struct EmailAddress: Hashable {
    let text: String

    /// - Throws: `email_invalid` (422). Accepts what browsers accept in `<input type="email">`, and non-ASCII letters.
    init(_ raw: String) throws(PixelFlowError) {
        let text = Self.normalised(raw)
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        // RFC 5321, section 4.5.3.1: 64 bytes before the @, 254 in total.
        guard text.utf8.count <= 254, parts.count == 2, Self.isLocalPart(parts[0]), Self.isDomain(parts[1]) else {
            throw .invalid("email", "The email address is not valid.", code: "email_invalid")
        }
        self.text = text
    }

    static func normalised(_ raw: String) -> String {
        raw.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping.lowercased()
    }

    private static func isLocalPart(_ part: Substring) -> Bool {
        let forbidden = Set("()<>[]\\,;:\"")
        return (1...64).contains(part.utf8.count)
            && part.allSatisfy { !forbidden.contains($0) && !$0.isWhitespace }
            && isPrintable(part)
    }

    private static func isDomain(_ domain: Substring) -> Bool {
        domain.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
        } && isPrintable(domain)
    }

    /// Rejects control and invisible formatting characters, with which two different addresses can look the same.
    private static func isPrintable(_ text: Substring) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
            default: true
            }
        }
    }
}
