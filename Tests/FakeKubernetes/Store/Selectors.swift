import KubernetesClient
import WireFormats

/// `app=api,tier!=db,env in (a,b),!legacy`
struct LabelQuery: Sendable {
    private enum Term: Sendable {
        case among(String, Set<String>)
        case notAmong(String, Set<String>)
        case present(String)
        case absent(String)
    }

    private let terms: [Term]

    init(_ text: String) {
        terms = Self.split(text).map(Self.term)
    }

    func matches(_ object: JSONValue) -> Bool {
        let labels = object["metadata"]?["labels"]
        return terms.allSatisfy { term in
            switch term {
            case .among(let key, let values): labels?[key]?.stringValue.map(values.contains) ?? false
            case .notAmong(let key, let values): !(labels?[key]?.stringValue.map(values.contains) ?? false)
            case .present(let key): labels?[key] != nil
            case .absent(let key): labels?[key] == nil
            }
        }
    }

    /// Splits at commas, except those in parentheses.
    private static func split(_ text: String) -> [String] {
        var terms = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 { terms.append("") } else { terms[terms.count - 1].append(character) }
        }
        return terms.map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty }
    }

    private static func term(_ text: String) -> Term {
        let words = text.split(separator: " ", maxSplits: 2).map(String.init)
        if words.count > 2, words[1] == "in" || words[1] == "notin" {
            let values = Set(words[2].split { "(), ".contains($0) }.map(String.init))
            return words[1] == "in" ? .among(words[0], values) : .notAmong(words[0], values)
        }
        if text.hasPrefix("!") { return .absent(String(text.dropFirst())) }
        guard let equals = text.firstIndex(of: "=") else { return .present(text) }
        let key = String(text[..<equals])
        let value = String(text[equals...].drop { $0 == "=" })
        return key.hasSuffix("!") ? .notAmong(String(key.dropLast()), [value]) : .among(key, [value])
    }
}

/// `metadata.name=api,status.phase!=Running`
struct FieldQuery: Sendable {
    private let terms: [(path: [String], value: String, isEqual: Bool)]

    init(_ text: String) {
        terms = text.split(separator: ",").compactMap { term in
            guard let equals = term.firstIndex(of: "=") else { return nil }
            let isEqual = !term[..<equals].hasSuffix("!")
            let path = term[..<equals].split { $0 == "." || $0 == "!" }.map(String.init)
            return (path, String(term[equals...].drop { $0 == "=" }), isEqual)
        }
    }

    func matches(_ object: JSONValue) -> Bool {
        terms.allSatisfy { term in
            let value = term.path.reduce(Optional(object)) { $0?[$1] }
            return (value?.stringValue ?? "" == term.value) == term.isEqual
        }
    }
}
