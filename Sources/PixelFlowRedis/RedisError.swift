/// Why a command has no reply. The description is for logs; it contains neither the password nor stored values.
package struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No connection could be established, or the last attempt was too recent.
        case unreachable
        /// The connection broke; whether the command was executed is unknown.
        case connectionLost
        /// No reply arrived in time; whether the command was executed is unknown.
        case timedOut
        /// The server returned an error, with its first word as the code, such as `NOSCRIPT`.
        case refused(code: String)
        /// The reply is malformed or unexpected.
        case protocolError
        /// Too many commands are already waiting.
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

    /// Converts an error reply, which begins with a code in uppercase.
    init(reply: String) {
        let code = reply.split(separator: " ", maxSplits: 1).first.map(String.init) ?? ""
        switch code {
        case "MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT":
            self.init(.refused(code: code), "the server belongs to a cluster, which is not supported: \(reply)")
        default: self.init(.refused(code: code), reply)
        }
    }

    package var description: String { message }

    /// Whether this is an outage of the server rather than the rejection of an invalid command.
    package var isOutage: Bool {
        switch kind {
        case .unreachable, .connectionLost, .timedOut, .protocolError: true
        case .refused(let code): Self.troubles.contains(code)
        case .busy, .shutDown: false
        }
    }

    /// Codes for: out of memory, loading, a failed save, a replica, a cluster, a wrong password.
    private static let troubles: Set<String> = [
        "OOM", "LOADING", "MISCONF", "READONLY", "MASTERDOWN", "BUSY", "NOREPLICAS", "MOVED", "ASK", "CLUSTERDOWN", "NOAUTH",
        "WRONGPASS", "NOPERM", "DENIED",
    ]
}
