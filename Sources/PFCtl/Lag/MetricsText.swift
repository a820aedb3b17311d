/// The samples of a page in Prometheus' text format.
struct MetricsText: Sendable {
    struct Sample: Sendable, Hashable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    let samples: [Sample]

    /// Lines that are no samples are left out.
    init(_ text: String) {
        samples = text.split(whereSeparator: \.isNewline).compactMap { Self.sample($0) }
    }

    func samples(of name: String) -> [Sample] { samples.filter { $0.name == name } }
    func sum(of name: String) -> Double { samples(of: name).reduce(0) { $0 + $1.value } }

    private static func sample(_ line: Substring) -> Sample? {
        guard !line.hasPrefix("#") else { return nil }
        var rest = line
        let name = rest.prefix { $0 != "{" && $0 != " " }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            guard let read = Self.labels(&rest) else { return nil }
            labels = read
        }
        guard !name.isEmpty, let word = rest.split(separator: " ").first, let value = Double(word) else { return nil }
        return Sample(name: String(name), labels: labels, value: value)
    }

    /// Reads `a="b",c="d"}`, where a value may hold `\"`, `\\` and `\n`.
    private static func labels(_ rest: inout Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        while let first = rest.first, first != "}" {
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count)
            guard rest.hasPrefix("=\"") else { return nil }
            rest = rest.dropFirst(2)
            var value = ""
            while let character = rest.popFirst(), character != "\"" {
                guard character == "\\" else {
                    value.append(character)
                    continue
                }
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            }
            labels[String(name)] = value
            if rest.first == "," { rest.removeFirst() }
        }
        guard rest.popFirst() == "}" else { return nil }
        return labels
    }
}
