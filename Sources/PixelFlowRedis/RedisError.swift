/// Why a command has no reply. The text is for logs; it holds neither the password nor stored values.
package struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No connection could be established, or the last attempt was too recent.
        case unreachable
        /// The connection broke; whether the command was carried out is not known.
        case connectionLost
        /// No reply came in time; whether the command was carried out is not known.
        case timedOut
        /// The server has answered with an error; the first word of it, as in `NOSCRIPT`.
        case refused(code: String)
        /// What came is not a reply that was expected.
        case protocolError
        /// Too many commands are waiting already.
        case busy
        /// The client has been shut down.
        case shutDown
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// Converts an error reply. Redis begins each with a word in capitals.
    init(reply: String) {
        let code = reply.split(separator: " ", maxSplits: 1).first.map(String.init) ?? ""
        switch code {
        case "MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT":
            self.init(.refused(code: code), "the server belongs to a cluster, which is not supported: \(reply)")
        default: self.init(.refused(code: code), reply)
        }
    }

    package var description: String { message }

    /// Whether the server is in trouble, as opposed to having answered a command that is wrong.
    package var isOutage: Bool {
        switch kind {
        case .unreachable, .connectionLost, .timedOut, .protocolError: true
        case .refused(let code): Self.troubles.contains(code)
        case .busy, .shutDown: false
        }
    }

    /// Out of memory, loading, a failed save, a replica, a cluster, a password that is wrong.
    private static let troubles: Set<String> = [
        "OOM", "LOADING", "MISCONF", "READONLY", "MASTERDOWN", "BUSY", "NOREPLICAS", "MOVED", "ASK", "CLUSTERDOWN", "NOAUTH",
        "WRONGPASS", "NOPERM", "DENIED",
    ]
}
