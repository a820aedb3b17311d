/// The version of a release: `1.2.3` or, for a prerelease, `1.2.3-rc.1`.
struct ReleaseVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let numbers: [Int]
    private let suffix: String?

    /// Nil if the text is invalid. Ignores a leading `v`, as in tags.
    init?(_ text: some StringProtocol) {
        let parts = (text.hasPrefix("v") ? text.dropFirst() : text[...]).split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { digits in
            digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(digits) : nil
        }
        guard numbers.count == 3, !numbers.contains(nil), parts.count == 1 || !parts[1].isEmpty else { return nil }
        self.numbers = numbers.compactMap(\.self)
        suffix = parts.count == 2 ? String(parts[1]) : nil
    }

    var description: String { numbers.map(String.init).joined(separator: ".") + (suffix.map { "-\($0)" } ?? "") }

    /// Among versions with the same three numbers, the one without a suffix comes last; suffixes are compared part by part.
    static func < (one: ReleaseVersion, other: ReleaseVersion) -> Bool {
        guard one.numbers == other.numbers else { return one.numbers.lexicographicallyPrecedes(other.numbers) }
        guard let mine = one.suffix else { return false }
        guard let theirs = other.suffix else { return true }
        return mine.split(separator: ".").lexicographicallyPrecedes(theirs.split(separator: ".")) { left, right in
            switch (Int(left), Int(right)) {
            case (let left?, let right?): left < right
            case (.some, nil): true
            case (nil, .some): false
            case (nil, nil): left < right
            }
        }
    }
}
