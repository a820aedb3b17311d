import CLibPQ
import PixelFlowIdentity

/// The rows of a statement. Columns are `text` or `bigint`, never null.
struct PostgresResult: ~Copyable {
    private let handle: OpaquePointer

    /// - Parameter handle: a `PGresult`, which is freed with this value.
    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var count: Int { Int(PQntuples(handle)) }

    /// The number of rows that an INSERT, UPDATE or DELETE has changed; meaningless for a SELECT.
    var affected: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

    var isFailure: Bool {
        let status = PQresultStatus(handle)
        return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK
    }

    /// The error that the server returned instead of rows.
    var failure: PostgresError {
        PostgresError(
            sqlState: field("C") ?? "XX000", message: PostgresConnection.text(PQresultErrorMessage(handle)), constraint: field("n"))
    }

    /// A field of the error, by its code in the protocol.
    private func field(_ code: Unicode.Scalar) -> String? {
        PQresultErrorField(handle, Int32(code.value)).map { String(cString: $0) }
    }

    /// All rows.
    func map<Value>(_ body: (Row) -> Value) -> [Value] {
        (0..<count).map { body(Row(handle: handle, number: Int32($0))) }
    }

    /// A row, valid only within `map`.
    struct Row: SQLRow {
        fileprivate let handle: OpaquePointer
        fileprivate let number: Int32

        func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }

        func integer(_ column: Int) -> Int64 { bytes(column).reduce(0) { $0 << 8 | Int64($1) } }

        private func bytes(_ column: Int) -> UnsafeRawBufferPointer {
            let column = Int32(column)
            return UnsafeRawBufferPointer(start: PQgetvalue(handle, number, column), count: Int(PQgetlength(handle, number, column)))
        }
    }
}
