/// A piece of output whose meaning a terminal shows as a colour.
package struct Text: Sendable, Hashable {
    package struct Span: Sendable, Hashable {
        package var text: String
        package var style: Style
    }

    /// The meaning of a piece of text, not its colour.
    package enum Style: Sendable, Hashable {
        case plain
        case strong
        case faint
        case good
        case warning
        case bad
        /// Distinguishes similar things, such as the pods of a log.
        case accent(Int)
    }

    private(set) var spans: [Span]

    package init(_ text: String = "", _ style: Style = .plain) {
        spans = text.isEmpty ? [] : [Span(text: Self.printable(text), style: style)]
    }

    package init(_ number: Int, _ style: Style = .plain) {
        self.init(String(number), style)
    }

    private init(spans: [Span]) {
        self.spans = spans
    }

    package var plain: String { spans.map(\.text).joined() }
    package var width: Int { spans.reduce(0) { $0 + $1.text.count } }
    package var isEmpty: Bool { spans.isEmpty }

    package static func + (left: Text, right: Text) -> Text {
        var sum = left
        sum += right
        return sum
    }

    /// Merges neighbouring spans of one style, so that a terminal gets one escape sequence for them.
    package static func += (left: inout Text, right: Text) {
        for span in right.spans {
            if left.spans.last?.style == span.style {
                left.spans[left.spans.count - 1].text += span.text
            } else {
                left.spans.append(span)
            }
        }
    }

    /// Truncates to a width, with an ellipsis for the missing part.
    /// - Parameter inMiddle: Whether to keep the end of the last span, and the tree guides before it.
    package func truncated(to limit: Int, inMiddle: Bool = false) -> Text {
        guard width > limit else { return self }
        guard limit > 1 else { return Text(limit == 1 ? "…" : "") }
        if inMiddle, let last = spans.last, limit - (width - last.text.count) > 2 {
            let room = limit - (width - last.text.count) - 1
            let shortened = last.text.prefix(room / 3) + "…" + last.text.suffix(room - room / 3)
            return Text(spans: spans.dropLast() + [Span(text: String(shortened), style: last.style)])
        }
        var rest = limit - 1
        var kept: [Span] = []
        for span in spans where rest > 0 {
            let text = String(span.text.prefix(rest))
            rest -= text.count
            kept.append(Span(text: text, style: span.style))
        }
        if var last = kept.popLast() {
            while last.text.last == " " { last.text.removeLast() }
            last.text += "…"
            kept.append(last)
        }
        return Text(spans: kept)
    }

    /// Replaces control characters: server output could contain control sequences, which must not reach the terminal.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isControl(scalar) ? " " : scalar) }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    }
}

extension Text: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { self.init(value) }
}

extension [Text] {
    package func joined(separator: Text = "") -> Text {
        guard let first else { return "" }
        return dropFirst().reduce(first) { $0 + separator + $1 }
    }
}

/// The escape sequences of the styles; none if colour is off.
package struct Palette: Sendable {
    package let isColoured: Bool

    package init(isColoured: Bool) { self.isColoured = isColoured }

    package func render(_ text: Text) -> String {
        guard isColoured else { return text.plain }
        return text.spans.map { span in
            guard let code = Self.code(span.style) else { return span.text }
            return "\u{1B}[\(code)m\(span.text)\u{1B}[0m"
        }.joined()
    }

    /// From the sixteen configurable terminal colours, without red, yellow
    /// and green, which have fixed meanings.
    private static let accents = [36, 35, 34, 96, 95, 94]

    private static func code(_ style: Text.Style) -> String? {
        switch style {
        case .plain: nil
        case .strong: "1"
        case .faint: "2"
        case .good: "32"
        case .warning: "33"
        case .bad: "31"
        case .accent(let index): String(accents[index % accents.count])
        }
    }
}
