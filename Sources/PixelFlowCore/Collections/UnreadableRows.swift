import Synchronization

/// Skips rows of a store that this version cannot decode, because a newer version has written them with a kind, an operation or an event
/// that only it knows. Such rows stay unchanged, and neither fail nor delay the rows around them.
package final class UnreadableRows: Sendable {
    /// What is stored in such a row.
    package enum Kind: String, Sendable {
        case task, delivery, batch, preset
        case webhook = "webhook endpoint"
        case audit = "audit entry"
        case quota
    }

    /// The maximum number of rows that are read for one page or by one call of a scan. After this many, a page ends early and a scan
    /// continues with its next call.
    package static let mostRows = 10_000
    /// The number of rows that a scan reads at a time if its first query has not found enough values.
    private static let scanPart = 1000

    private let mostRows: Int
    private let report: @Sendable (Kind, any Error) -> Void
    private let reported = Mutex<Set<Kind>>([])
    /// The positions at which unfinished scans continue, by name.
    private let positions = Mutex<[String: any Sendable]>([:])

    /// - Parameters:
    ///   - mostRows: rows that one call of a scan reads.
    ///   - report: called for the first row of each kind only, because thousands may follow.
    package init(mostRows: Int = UnreadableRows.mostRows, report: @escaping @Sendable (Kind, any Error) -> Void) {
        self.mostRows = mostRows
        self.report = report
    }

    /// The value of a row; nil if this version cannot decode it.
    package func value<Value>(of kind: Kind, _ read: () throws -> Value) -> Value? {
        do {
            return try read()
        } catch {
            if reported.withLock({ $0.insert(kind).inserted }) { report(kind, error) }
            return nil
        }
    }

    /// The first values in the order of a query, skipping unreadable rows.
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

    /// The same for a synchronous query.
    package static func page<Value>(limit: Int, _ rows: (_ limit: Int) throws -> [Value?]) throws -> [Value] {
        var search = Search(limit: limit)
        while true {
            if let values = search.end(with: try rows(search.rows)) { return values }
        }
    }

    /// The same of a queue whose rows stay in it until they are handled. What cannot be read is set aside: it would be due forever, and
    /// displace the others.
    ///
    /// - Parameters:
    ///   - mostRows: the maximum number of rows in one query.
    ///   - rows: runs the query for at most so many rows.
    ///   - value: nil for a row that cannot be read.
    ///   - setAside: takes rows out of the queue for a while.
    package static func due<Row, Value>(
        limit: Int, mostRows: Int, _ rows: (_ limit: Int) async throws -> [Row], value: (Row) -> Value?,
        setAside: ([Row]) async throws -> Void
    ) async throws -> [Value] {
        var wanted = limit
        while true {
            let found = try await rows(wanted)
            let values = found.map { (row: $0, value: value($0)) }
            let readable = values.compactMap(\.value)
            let aside = values.filter { $0.value == nil }.map(\.row)
            if !aside.isEmpty { try await setAside(aside) }
            if aside.isEmpty || readable.count >= limit || found.count < wanted { return Array(readable.prefix(limit)) }
            wanted = min(2 * wanted, mostRows)
        }
    }

    // MARK: Scans

    /// The rows that a scan asks for: the first ones after a key.
    package struct ScanPart<Key: Sendable>: Sendable {
        package let rows: Int
        /// The number of values that are still wanted. Rows after the last of them need not be returned.
        package let values: Int
        /// Nil for the beginning.
        package let after: Key?
    }

    /// The first values of a query that is repeated until all of its rows have been handled, skipping unreadable rows.
    ///
    /// One call reads at most `mostRows` unreadable rows; the next call continues after them, and starts at the beginning again once the
    /// end is reached.
    ///
    /// - Parameters:
    ///   - name: identifies the query.
    ///   - limit: values that are wanted; at least 1.
    ///   - rows: the rows in the order of their keys, which must be unique; nil for one that cannot be read.
    package func scan<Key: Sendable, Value>(
        _ name: String, limit: Int, after start: Key? = nil, _ rows: (ScanPart<Key>) async throws -> [(key: Key, value: Value?)]
    ) async throws -> [Value] {
        var scan = Scan<Key, Value>(limit: limit, mostRows: mostRows, after: start, at: position(of: name))
        while let part = scan.next { scan.add(try await rows(part), of: part) }
        continueLater(name, at: scan.rest)
        return scan.values
    }

    /// The same for a synchronous query.
    package func scan<Key: Sendable, Value>(
        _ name: String, limit: Int, _ rows: (ScanPart<Key>) throws -> [(key: Key, value: Value?)]
    ) throws -> [Value] {
        var scan = Scan<Key, Value>(limit: limit, mostRows: mostRows, after: nil, at: position(of: name))
        while let part = scan.next { scan.add(try rows(part), of: part) }
        continueLater(name, at: scan.rest)
        return scan.values
    }

    private func position<Key>(of name: String) -> Key? { positions.withLock { $0[name] as? Key } }

    private func continueLater(_ name: String, at position: (any Sendable)?) { positions.withLock { $0[name] = position } }

    /// One call of a scan.
    private struct Scan<Key: Sendable, Value> {
        private let limit: Int
        private let mostRows: Int
        /// Whether this call continues an earlier one.
        private let isContinued: Bool
        private var position: Key?
        private var read = 0
        private var isAtEnd = false
        private(set) var values: [Value] = []

        init(limit: Int, mostRows: Int, after start: Key?, at position: Key?) {
            self.limit = limit
            self.mostRows = mostRows
            isContinued = position != nil
            self.position = position ?? start
        }

        private var isSatisfied: Bool { values.count >= limit }

        var next: ScanPart<Key>? {
            guard !isSatisfied, !isAtEnd, read < mostRows else { return nil }
            let rows = read == 0 ? limit : max(limit, UnreadableRows.scanPart)
            return ScanPart(rows: min(rows, mostRows - read), values: limit - values.count, after: position)
        }

        mutating func add(_ found: [(key: Key, value: Value?)], of part: ScanPart<Key>) {
            read += found.count
            for row in found {
                position = row.key
                if let value = row.value { values.append(value) }
                if isSatisfied { return }
            }
            isAtEnd = found.count < part.rows
        }

        /// Where the next call continues; nil for the beginning.
        var rest: Key? {
            if isAtEnd { return nil }
            // The usual order, if no row has to be skipped.
            return isSatisfied && !isContinued && read <= limit ? nil : position
        }
    }

    // MARK: Pages

    /// Reads more rows until there are enough readable ones.
    private struct Search {
        let limit: Int
        var rows: Int

        init(limit: Int) {
            self.limit = limit
            rows = limit
        }

        /// - Returns: the page; nil to read more rows.
        mutating func end<Value>(with found: [Value?]) -> [Value]? {
            let values = found.compactMap(\.self)
            if values.count >= limit || found.count < rows || rows >= mostRows { return Array(values.prefix(limit)) }
            rows = min(2 * rows, mostRows)
            return nil
        }
    }
}
