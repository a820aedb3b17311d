/// A label selector, such as `group=workers,topic in (a,b),!legacy`.
struct MetricSelector: Sendable, Hashable {
    /// Text that is not a selector.
    struct SyntaxError: Error {
        let text: String
    }

    private struct Requirement: Hashable {
        let key: String
        /// Nil to check only that the label exists.
        let values: Set<String>?
        let isNegated: Bool
    }

    private let requirements: [Requirement]

    /// - Throws: `SyntaxError`.
    init(_ text: String) throws(SyntaxError) {
        var requirements: [Requirement] = []
        for term in try Self.terms(text) { requirements.append(try Self.requirement(term)) }
        self.requirements = requirements
    }

    func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            let value = labels[requirement.key]
            let isMet = requirement.values.map { values in value.map(values.contains) ?? false } ?? (value != nil)
            return isMet != requirement.isNegated
        }
    }

    /// Splits at commas, except those in parentheses.
    private static func terms(_ text: String) throws(SyntaxError) -> [String] {
        guard text.contains(where: { !$0.isWhitespace }) else { return [] }
        var terms = [""]
        var isInside = false
        for character in text {
            if character == "(" || character == ")" {
                guard isInside == (character == ")") else { throw SyntaxError(text: text) }
                isInside.toggle()
            }
            if character == ",", !isInside { terms.append("") } else { terms[terms.count - 1].append(character) }
        }
        guard !isInside else { throw SyntaxError(text: text) }
        return terms
    }

    private static func requirement(_ term: String) throws(SyntaxError) -> Requirement {
        if let open = term.firstIndex(of: "(") { return try setRequirement(term, open: open) }
        guard let equals = term.firstIndex(of: "=") else {
            let name = trimmed(term)
            let isNegated = name.hasPrefix("!")
            return Requirement(key: try key(isNegated ? name.dropFirst() : name[...], of: term), values: nil, isNegated: isNegated)
        }
        let isNegated = term[..<equals].hasSuffix("!")
        let after = term[term.index(after: equals)...]
        let value = trimmed(after.hasPrefix("=") && !isNegated ? after.dropFirst() : after)
        guard isLegal(value) else { throw SyntaxError(text: term) }
        let name = isNegated ? term[..<equals].dropLast() : term[..<equals]
        return Requirement(key: try key(name, of: term), values: [value], isNegated: isNegated)
    }

    /// `key in (a,b)` or `key notin (a,b)`
    private static func setRequirement(_ term: String, open: String.Index) throws(SyntaxError) -> Requirement {
        let words = term[..<open].split(whereSeparator: \.isWhitespace)
        let rest = trimmed(term[open...])
        guard words.count == 2, words[1] == "in" || words[1] == "notin", rest.hasSuffix(")") else { throw SyntaxError(text: term) }
        let values = rest.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        guard values.allSatisfy(isLegal) else { throw SyntaxError(text: term) }
        return Requirement(key: try key(words[0], of: term), values: Set(values), isNegated: words[1] == "notin")
    }

    private static func key(_ text: some StringProtocol, of term: String) throws(SyntaxError) -> String {
        let key = trimmed(text)
        guard !key.isEmpty, isLegal(key.filter { $0 != "/" }) else { throw SyntaxError(text: term) }
        return key
    }

    private static func isLegal(_ text: String) -> Bool {
        text.utf8.count <= 316 && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.prefix(start.lastIndex { !$0.isWhitespace }.map { start.distance(from: start.startIndex, to: $0) + 1 } ?? 0))
    }
}
