/// An entity tag: RFC 9110, section 8.8.3.
package struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// Without the quotation marks.
    package let value: String
    /// Whether the tag identifies equivalent, not identical, bytes.
    package let isWeak: Bool

    /// - Parameter value: the value without quotation marks and without characters that a tag cannot contain.
    package init(_ value: String, isWeak: Bool = false) {
        self.value = value
        self.isWeak = isWeak
    }

    /// Parses one tag of a header field; nil if it is invalid.
    package init?(parsing text: some StringProtocol) {
        var rest = Substring(text).utf8
        guard let tag = Self.next(&rest), rest.isEmpty else { return nil }
        self = tag
    }

    package var description: String { (isWeak ? "W/\"" : "\"") + value + "\"" }

    /// Section 8.8.3.2: the values are equal, and neither is weak.
    package func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && value == other.value }

    /// Section 8.8.3.2: the values are equal.
    package func matchesWeakly(_ other: EntityTag) -> Bool { value == other.value }

    /// Consumes the tag at the start of the text.
    static func next(_ text: inout Substring.UTF8View) -> EntityTag? {
        let quote = UInt8(ascii: "\"")
        var rest = text
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest = rest.dropFirst(2) }
        guard rest.first == quote else { return nil }
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: quote) else { return nil }
        let value = rest[..<end]
        guard value.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
        text = rest[rest.index(after: end)...]
        return EntityTag(String(Substring(value)), isWeak: isWeak)
    }
}

/// The value of `If-Match` or `If-None-Match`: any representation, or one of a list. A malformed value matches nothing.
enum EntityTagCondition: Sendable, Hashable {
    case any
    case oneOf([EntityTag])

    /// A tag may contain commas, so the list is parsed tag by tag instead of being split.
    init(_ header: String) {
        let text = header.trimmingOptionalWhitespace()
        guard text != "*" else {
            self = .any
            return
        }
        var tags: [EntityTag] = []
        let comma = UInt8(ascii: ",")
        var rest = text.utf8
        while !rest.isEmpty {
            if let tag = EntityTag.next(&rest) {
                tags.append(tag)
            } else {
                rest = rest.drop { $0 != comma }
            }
            rest = rest.drop { $0 == comma || $0.isOptionalWhitespace }
        }
        self = .oneOf(tags)
    }

    func contains(where matches: (EntityTag) -> Bool) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let tags): tags.contains(where: matches)
        }
    }
}

extension StringProtocol {
    /// Without the `OWS` of RFC 9110, section 5.6.3, at either end.
    func trimmingOptionalWhitespace() -> Substring {
        var text = Substring(self).utf8.drop { $0.isOptionalWhitespace }
        while let last = text.last, last.isOptionalWhitespace { text.removeLast() }
        return Substring(text)
    }
}

extension UInt8 {
    fileprivate var isOptionalWhitespace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
