import Synchronization

/// Rows of a store that this version cannot read, because a newer one has written them: of a kind, an operation or an event that only that
/// one knows. Each stays as it is for a version that knows it, and neither fails nor holds up the rows beside it.
package final class UnreadableRows: Sendable {
    /// What is stored in such a row.
    package enum Kind: String, Sendable {
        case task, delivery, batch, preset
        case webhook = "webhook endpoint"
        case audit = "audit entry"
        case quota
    }

    /// Rows that are read for one page. Behind so many unreadable ones it ends early.
    package static let mostRows = 10_000

    private let report: @Sendable (Kind, any Error) -> Void
    private let reported = Mutex<Set<Kind>>([])

    /// - Parameter report: told of the first row of each kind; thousands may follow.
    package init(report: @escaping @Sendable (Kind, any Error) -> Void) { self.report = report }

    /// What a row holds; nil if this version cannot read it.
    package func value<Value>(of kind: Kind, _ read: () throws -> Value) -> Value? {
        do {
            return try read()
        } catch {
            if reported.withLock({ $0.insert(kind).inserted }) { report(kind, error) }
            return nil
        }
    }

    /// The first values in the order of a query, past what cannot be read.
    ///
    /// - Parameters:
    ///   - limit: values that are wanted.
    ///   - rows: runs the query for at most so many rows; nil for one that cannot be read.
    package static func page<Value>(limit: Int, _ rows: (_ limit: Int) async throws -> [Value?]) async throws -> [Value] {
        var search = Search(limit: limit)
        while true {
            if let values = search.end(with: try await rows(search.rows)) { return values }
        }
    }

    /// The same of a query that is not waited for.
    package static func page<Value>(limit: Int, _ rows: (_ limit: Int) throws -> [Value?]) throws -> [Value] {
        var search = Search(limit: limit)
        while true {
            if let values = search.end(with: try rows(search.rows)) { return values }
        }
    }

    /// Reads further each time that there are not enough readable rows.
    private struct Search {
        let limit: Int
        var rows: Int

        init(limit: Int) {
            self.limit = limit
            rows = limit
        }

        /// - Returns: the page; nil to look at more rows.
        mutating func end<Value>(with found: [Value?]) -> [Value]? {
            let values = found.compactMap(\.self)
            if values.count >= limit || found.count < rows || rows >= mostRows { return Array(values.prefix(limit)) }
            rows = min(2 * rows, mostRows)
            return nil
        }
    }
}
