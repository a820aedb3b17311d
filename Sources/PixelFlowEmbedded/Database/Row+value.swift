import GRDB

extension Row {
    /// The value of a column.
    ///
    /// Unlike a subscript, it throws for a value of another type: most tables are not strict, and a restored one may hold anything.
    func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ column: Int) throws -> Value {
        try decode(atIndex: column)
    }
}
