/// A statement that is prepared once on every connection. The text is a literal by its type, so that
/// values can only be bound.
struct PostgresStatement: Sendable {
    let name: StaticString
    let sql: StaticString

    init(_ name: StaticString, _ sql: StaticString) {
        self.name = name
        self.sql = sql
    }
}

/// A bound value. It travels as bytes with a length: a text with a NUL is refused by the server, not cut.
enum PostgresValue: Sendable {
    case text(String)
    /// For `bigint`.
    case integer(Int64)

    var bytes: [UInt8] {
        switch self {
        case .text(let text): Array(text.utf8)
        case .integer(let number): withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
    }
}
