/// Why a statement has no result. The description is for logs; it contains neither the password nor stored values.
struct PostgresError: Error, Hashable, CustomStringConvertible {
    enum Kind: Hashable {
        /// No connection could be established.
        case unreachable
        /// The connection was lost; whether the statement was executed is unknown.
        case connectionLost
        case timedOut
        /// The server has returned an error.
        case refused(sqlState: String)
        /// The transaction was rolled back in favour of another one: a deadlock or a serialization failure. A retry can succeed.
        case conflict
        /// No connection became free in time, or too many calls were already waiting.
        case busy
        /// The store has been shut down.
        case shutDown
    }

    let kind: Kind
    let message: String
    /// The name of the constraint that a row would violate.
    let constraint: String?

    init(_ kind: Kind, _ message: String, constraint: String? = nil) {
        self.kind = kind
        self.message = message
        self.constraint = constraint
    }

    var description: String {
        guard case .refused(let state) = kind else { return message }
        return "\(message) (SQLSTATE \(state))"
    }

    /// Whether the same statement may succeed immediately on a new connection.
    var isWorthAnotherTry: Bool { kind == .connectionLost }

    var isUniqueViolation: Bool { kind == .refused(sqlState: "23505") }

    var isMissingTable: Bool { kind == .refused(sqlState: "42P01") }

    /// Whether the server is unavailable, rather than having rejected a statement.
    var isOutage: Bool {
        switch kind {
        case .unreachable, .connectionLost, .timedOut: true
        // Out of memory, disk or connections; failures of the system or of the server itself.
        case .refused(let state): ["53", "57", "58", "XX"].contains { state.hasPrefix($0) }
        case .conflict, .busy, .shutDown: false
        }
    }

    /// Converts an error response of the server.
    init(sqlState: String, message: String, constraint: String? = nil) {
        switch sqlState {
        // Query cancelled, for example by a statement timeout.
        case "57014": self.init(.timedOut, message)
        // Shutting down, crashed, starting; a standby after a failover; a prepared statement that a
        // connection pooler has lost, that it has given to another client, or that a migration has invalidated.
        case "57P01", "57P02", "57P03", "25006", "26000", "42P05", "0A000": self.init(.connectionLost, message)
        case "40001", "40P01": self.init(.conflict, message)
        default: self.init(.refused(sqlState: sqlState), message, constraint: constraint)
        }
    }
}
