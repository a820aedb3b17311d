import HTTPTypes

extension HTTPFields {
    /// Of one connection and not of the message: RFC 9110, section 7.6.1.
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// The fields that may travel on, without those of `names`.
    func passedOn(without names: Set<String> = []) -> HTTPFields {
        let named = (self[.connection] ?? "").split(separator: ",").map { $0.lowercased().filter { !$0.isWhitespace } }
        let dropped = Self.hopByHop.union(names).union(named)
        return HTTPFields(filter { !dropped.contains($0.name.canonicalName) })
    }
}
