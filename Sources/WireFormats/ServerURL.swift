/// The URL of one or several servers: `SCHEME://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/PATH][?NAME=VALUE[&NAME=VALUE…]]`.
///
/// User, password and values are percent-encoded; only `%`, `@` and `?` have to be. The parts may be secret: an error names a part, and
/// never repeats it.
public struct ServerURL: Sendable {
    public enum Part: Error, Sendable, Hashable, CaseIterable {
        case scheme, credentials, host, port, query
    }

    public struct Host: Sendable, Hashable {
        /// Without the brackets of an IPv6 address.
        public let name: String
        public let port: Int?

        /// `HOST:PORT`, with brackets around an IPv6 address.
        public func text(defaultPort: Int) -> String { "\(name.contains(":") ? "[\(name)]" : name):\(port ?? defaultPort)" }
    }

    public struct Credentials: Sendable, Hashable {
        /// May be empty.
        public let user: String
        /// Nil without a colon; may be empty.
        public let password: String?

        public init(user: String, password: String?) {
            self.user = user
            self.password = password
        }
    }

    public let scheme: String
    /// Nil without an `@`.
    public let credentials: Credentials?
    /// At least one.
    public let hosts: [Host]
    /// After the slash, as it is written.
    public let path: String
    /// In order. The value is nil without a `=`.
    public let query: [(name: String, value: String?)]

    /// - Throws: the first part that is invalid.
    public init(parsing text: String) throws(Part) {
        guard let schemeEnd = text.firstRange(of: "://"), schemeEnd.lowerBound > text.startIndex else { throw .scheme }
        scheme = String(text[..<schemeEnd.lowerBound])
        var rest = text[schemeEnd.upperBound...]
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") { (rest, query) = (rest[..<mark], rest[rest.index(after: mark)...]) }
        var credentials: Credentials?
        if let at = rest.lastIndex(of: "@") {
            credentials = try Self.credentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        self.credentials = credentials
        let pathStart = rest.firstIndex(of: "/")
        path = pathStart.map { String(rest[rest.index(after: $0)...]) } ?? ""
        hosts = try Self.hosts(rest[..<(pathStart ?? rest.endIndex)])
        self.query = try Self.query(query)
    }

    private static func credentials(_ text: Substring) throws(Part) -> Credentials {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let decoded = parts.compactMap(\.percentDecoded)
        guard decoded.count == parts.count else { throw .credentials }
        return Credentials(user: decoded[0], password: decoded.count > 1 ? decoded[1] : nil)
    }

    private static func hosts(_ text: Substring) throws(Part) -> [Host] {
        var hosts: [Host] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) { hosts.append(try host(item)) }
        return hosts
    }

    private static func host(_ text: Substring) throws(Part) -> Host {
        var name = text
        var rest: Substring = ""
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .host }
            (name, rest) = (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
            guard name.contains(":") else { throw .host }
        } else if let colon = text.firstIndex(of: ":") {
            (name, rest) = (text[..<colon], text[colon...])
        }
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw .host }
        guard !rest.isEmpty else { return Host(name: String(name), port: nil) }
        guard rest.hasPrefix(":") else { throw .host }
        let digits = rest.dropFirst()
        guard ASCIISet.digits.containsAll(of: digits), let port = Int(digits), (1...65_535).contains(port) else { throw .port }
        return Host(name: String(name), port: port)
    }

    private static func query(_ text: Substring) throws(Part) -> [(name: String, value: String?)] {
        var items: [(name: String, value: String?)] = []
        for item in text.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = pair.compactMap(\.percentDecoded)
            guard decoded.count == pair.count else { throw .query }
            items.append((decoded[0], decoded.count > 1 ? decoded[1] : nil))
        }
        return items
    }
}
