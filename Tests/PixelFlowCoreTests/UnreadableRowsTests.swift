import PixelFlowCore
import Testing

/// How much one call of a scan reads, and where the next one continues.
@Suite struct UnreadableRowsTests {
    /// Rows by their keys; nil for one that cannot be read.
    private final class Table {
        var rows: [(key: Int, value: Int?)] = []
        private(set) var read = 0
        private let unreadable = UnreadableRows(mostRows: 10) { _, _ in }

        /// Takes values as a dispatcher takes tasks: they are no longer there.
        func take(_ limit: Int) -> [Int] {
            read = 0
            let taken: [Int]? = try? unreadable.scan("due", limit: limit) { (part: UnreadableRows.ScanPart<Int>) in
                let found = rows.filter { $0.key > part.after ?? .min }.sorted { $0.key < $1.key }.prefix(part.rows)
                read += found.count
                return found.map { ($0.key, $0.value) }
            }
            rows.removeAll { row in row.value.map { taken?.contains($0) == true } ?? false }
            return taken ?? []
        }

        func add(unreadable keys: some Sequence<Int>) { rows += keys.map { ($0, nil) } }
        func add(_ keys: Int...) { rows += keys.map { ($0, $0) } }
    }

    /// A queue from which unreadable rows are set aside.
    private final class Queue {
        var rows: [Int?]
        private(set) var queries: [Int] = []

        init(_ rows: [Int?]) { self.rows = rows }

        func due(_ limit: Int) async throws -> [Int] {
            try await UnreadableRows.due(limit: limit, mostRows: 8) { wanted in
                self.queries.append(wanted)
                return Array(self.rows.prefix(wanted))
            } value: {
                $0
            } setAside: { aside in
                // The first ones: the queries are in order.
                for _ in aside { self.rows.remove(at: try #require(self.rows.firstIndex(of: nil))) }
            }
        }
    }

    @Test func aQueueSetsAsideWhatItCannotRead() async throws {
        let queue = Queue([nil, 1, nil, nil, 2, 3, nil, 4])
        #expect(try await queue.due(2) == [1, 2])
        #expect(queue.queries == [2, 4])
        #expect(queue.rows == [1, 2, 3, nil, 4])
    }

    /// Also after it has asked for more rows than are wanted.
    @Test func aQueueReturnsNoMoreThanAreWanted() async throws {
        let queue = Queue([nil, nil, 1, 2, 3, 4])
        #expect(try await queue.due(2) == [1, 2])
    }

    @Test func aQueryOfAQueueIsBounded() async throws {
        let queue = Queue(Array(repeating: nil, count: 100) + [7])
        #expect(try await queue.due(1) == [7])
        #expect(queue.queries.max() == 8)
        #expect(queue.rows == [7])
    }

    @Test func rowsAreTakenInTheirOrder() {
        let table = Table()
        table.add(3, 1, 2)
        #expect(table.take(2) == [1, 2])
        #expect(table.read == 2)
        table.add(0)
        #expect(table.take(2) == [0, 3])
        #expect(table.take(2) == [])
    }

    @Test func aFewUnreadableRowsArePassedAtOnce() {
        let table = Table()
        table.add(unreadable: 0..<5)
        table.add(10, 11, 12)
        #expect(table.take(1) == [10])
        #expect(table.take(1) == [11])
        #expect(table.take(5) == [12])
    }

    @Test func oneCallReadsABoundedNumberOfRowsAndTheNextContinuesBehindThem() {
        let table = Table()
        table.add(unreadable: 0..<25)
        table.add(30, 31)
        var calls: [[Int]] = []
        for _ in 0..<3 {
            calls.append(table.take(2))
            #expect(table.read <= 10)
        }
        #expect(calls == [[], [], [30, 31]])
    }

    @Test func whatIsDueEarlierIsFoundOnceTheEndIsReached() {
        let table = Table()
        table.add(unreadable: 0..<15)
        #expect(table.take(2) == [])
        table.add(-1)
        // Behind what the first call has read.
        table.add(20)
        #expect(table.take(2) == [20])
        #expect(table.take(2) == [-1])
    }

    @Test func readableRowsBehindTheUnreadableOnesAreTakenWithoutStartingAgain() {
        let table = Table()
        table.add(unreadable: 0..<25)
        table.add(30, 31, 32, 33)
        var taken: [Int] = []
        for _ in 0..<6 { taken += table.take(1) }
        #expect(taken == [30, 31, 32, 33])
    }

    @Test func queriesContinueByTheirNames() async throws {
        let rows = UnreadableRows(mostRows: 2) { _, _ in }
        func first(_ name: String) async throws -> Int? {
            var first: Int?
            let values: [Int] = try await rows.scan(name, limit: 1) { (part: UnreadableRows.ScanPart<Int>) in
                first = first ?? part.after ?? 0
                return (0..<part.rows).map { ((part.after ?? 0) + $0 + 1, nil) }
            }
            #expect(values.isEmpty)
            return first
        }
        #expect(try await first("a") == 0)
        #expect(try await first("a") == 2)
        #expect(try await first("b") == 0)
    }
}
