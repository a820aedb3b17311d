/// A step from one form of the tables to the next. Once released it is never changed.
struct Migration: Sendable {
    let name: String
    /// May be several statements.
    let sql: StaticString
}
