/// A relational database that stores identities. Statements are written once, in the SQL that PostgreSQL and SQLite share, and run by an
/// adapter.
package protocol SQLDatabase: Sendable {
    /// Runs `body`, which must not write. Each of its statements sees a consistent state; a later one may see a newer state.
    ///
    /// - Throws: `PixelFlowError`, with `retry == .outage` if the database does not respond.
    func read<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value

    /// Runs `body` in one transaction, which is durable when this returns. If `body` throws, the transaction is rolled back.
    ///
    /// - Parameter body: may run again after it was committed, if the connection was lost before the response: it must detect that its
    ///   changes already exist.
    func write<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value

    /// Runs `body`, which makes many queries, on one snapshot of the database, however long it takes. An embedded database uses a separate
    /// connection, so that other queries do not wait.
    ///
    /// - Parameter body: may run a second time if the connection was lost.
    func snapshot(_ body: @escaping @Sendable (any SQLConnection) throws -> Void) async throws

    /// Returns if the database responds, and throws otherwise.
    func check() async throws
}

/// A connection in a transaction. It must not escape the body that it is passed to.
package protocol SQLConnection {
    /// Runs one statement and calls `read` for each row.
    ///
    /// - Returns: how many rows an INSERT, UPDATE or DELETE has changed.
    /// - Throws: `UniqueViolation`, and the errors of the database.
    @discardableResult
    func execute(_ statement: SQLStatement, _ values: [SQLValue], read: (any SQLRow) -> Void) throws -> Int
}

extension SQLConnection {
    @discardableResult
    func execute(_ statement: SQLStatement, _ values: SQLValue...) throws -> Int {
        try execute(statement, values, read: { _ in })
    }

    func rows<Value>(_ statement: SQLStatement, _ values: SQLValue..., map: (any SQLRow) -> Value) throws -> [Value] {
        var rows: [Value] = []
        try execute(statement, values) { rows.append(map($0)) }
        return rows
    }

    /// The result of a query for a single number.
    func count(_ statement: SQLStatement, _ values: SQLValue...) throws -> Int {
        var count = 0
        try execute(statement, values) { count = Int($0.integer(0)) }
        return count
    }
}

/// A row has a value that another row has and that must be unique. Thrown by `SQLConnection.execute`. Whoever expects it catches it in the
/// body; a database reports others as an outage.
package struct UniqueViolation: Error, CustomStringConvertible {
    /// What must be unique, by the name that the database has for it; never a value.
    package let constraint: String
    package let cause: any Error

    package init(constraint: String, cause: any Error) {
        self.constraint = constraint
        self.cause = cause
    }

    package var description: String { "\(cause)" }
}

/// A row, valid only while `read` runs. Columns are text or 64-bit integers and never NULL: absent text is empty, and an absent time is 0.
package protocol SQLRow {
    func text(_ column: Int) -> String
    func integer(_ column: Int) -> Int64
}

/// A statement with parameters `$1`, `$2`… The text is a `StaticString`, so that values can only be bound.
package struct SQLStatement: Sendable {
    /// Unique; PostgreSQL prepares the statement under this name once per connection.
    package let name: String
    package let sql: String

    package init(_ name: StaticString, _ sql: StaticString) {
        self.init([name], [sql])
    }

    /// Composes a statement of literals.
    package init(_ name: [StaticString], _ sql: [StaticString]) {
        self.name = name.map(\.description).joined()
        self.sql = sql.map(\.description).joined()
    }
}

extension SQLStatement {
    /// Succeeds if the tables can be read.
    package static let anyUser = SQLStatement("any_user", "SELECT id FROM users LIMIT 1")
}

package enum SQLValue: Sendable, Hashable {
    case text(String)
    case integer(Int64)
}

/// The purpose of a transaction; a label of the database metrics.
package enum IdentityOperation: String, Sendable, CaseIterable {
    case users, organisations, members, sessions, invitations, mail, audit, revocations, archive
    case apiKeys = "api_keys"
    case signingKeys = "signing_keys"
    case cleanUp = "clean_up"
}
