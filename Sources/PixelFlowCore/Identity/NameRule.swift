import WireFormats

/// The rule for names of presets and outputs, which clients choose: 1 to 64 of `a`–`z`, `0`–`9`, `-` and `_`.
package enum NameRule {
    package static func allows(_ name: String) -> Bool { (1...64).contains(name.utf8.count) && characters.containsAll(of: name) }

    private static let characters = ASCIISet.lowercase.union(.digits).union("-_")
}
