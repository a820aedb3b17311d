/// Which escape sequences meanings have; none at all where colour is off.
struct Palette: Sendable {
    let isColoured: Bool

    func render(_ text: Text) -> String {
        guard isColoured else { return text.plain }
        return text.spans.map { span in
            guard let code = Self.code(span.style) else { return span.text }
            return "\u{1B}[\(code)m\(span.text)\u{1B}[0m"
        }.joined()
    }

    /// Of the sixteen colours that every terminal lets people choose for themselves; without red, yellow
    /// and green, which mean something.
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
