package import Hummingbird
import WireFormats

/// The parameters of a query string, parsed by the rules of the WHATWG URL standard for `application/x-www-form-urlencoded`, as written by
/// browsers and `URLSearchParams`: `+` is a space, a `%` that is not followed by two hexadecimal digits stands for itself, and bytes that
/// are not UTF-8 become U+FFFD.
package struct QueryParameters: Sendable, Hashable {
    private struct Parameter: Hashable {
        let name: String
        let value: String
    }

    private let parameters: [Parameter]

    /// - Parameter query: the text after the `?`, as sent.
    package init(_ query: some StringProtocol) {
        parameters = query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(name: Self.decode(parts[0]), value: parts.count > 1 ? Self.decode(parts[1]) : "")
        }
    }

    /// The first value of a name; empty for a name without `=`. Nil if the name is missing.
    package subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The first value of a name. Nil if it is missing or empty, because forms send fields that were not filled in as empty.
    package func nonEmpty(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The names in their order.
    package var names: [String] { parameters.map(\.name) }

    /// The query, encoded again, with this value instead of all of that name.
    package func setting(_ name: String, to value: String) -> String {
        (parameters.filter { $0.name != name } + [Parameter(name: name, value: value)])
            .map { "\($0.name.percentEncoded())=\($0.value.percentEncoded())" }.joined(separator: "&")
    }

    /// The first value of each name.
    package var firstValues: [String: String] { Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first } }

    private static func decode(_ text: some Collection<UInt8>) -> String {
        String(decoding: PercentEncoding.decodedLeniently(text, plusAsSpace: true), as: UTF8.self)
    }
}

extension Request {
    /// The parameters of the query.
    package var query: QueryParameters { QueryParameters(uri.query ?? "") }
}
