import Deadlines
import Dispatch
import GRDB
import PixelFlowCore
import Synchronization
import TestSupport
import Testing

@testable import PixelFlowEmbedded

@Suite struct GroupCommitTests {
    let folder: TemporaryFolder
    let database: DatabasePool

    init() throws {
        folder = try TemporaryFolder()
        var migrations = DatabaseMigrator()
        migrations.registerMigration("1") { try $0.execute(sql: "CREATE TABLE item (number INTEGER PRIMARY KEY, bytes BLOB)") }
        database = try SQLiteDatabase.open(path: folder.path + "/items.sqlite", migrations: migrations)
    }

    @Test func waitingWritesShareATransaction() async throws {
        let ledger = Ledger()
        let commits = commits(ledger)
        try await behind(commits, count: 200) { number in
            try await commits.write(.machine) { try $0.insert(number) }
        }
        #expect(try await numbers().count == 200)
        // One for the write that delayed the others, and one for all of them; some may have been too late for it.
        #expect(ledger.commits.withLock { $0 } <= 6)
    }

    @Test func failingWriteIsRolledBackAlone() async throws {
        let ledger = Ledger()
        let commits = commits(ledger)
        let failed = Numbers()
        try await behind(commits, count: 30) { number in
            do {
                try await commits.write(.process) { items in
                    try items.insert(number)
                    if number.isMultiple(of: 3) { throw Refused(number: number) }
                }
            } catch let refused as Refused {
                #expect(refused.number == number)
                failed.add(number)
            }
        }
        #expect(failed.sorted == (0..<30).filter { $0.isMultiple(of: 3) })
        #expect(try await numbers() == (0..<30).filter { !$0.isMultiple(of: 3) })
        #expect(ledger.commits.withLock { $0 } < 30)
    }

    @Test func everyWriteOfAFailedTransactionFails() async throws {
        let ledger = Ledger()
        let commits = commits(ledger)
        try await limitPages(to: 40)
        let accepted = Numbers()
        try await behind(commits, count: 30) { number in
            // One of them is too large for the disk, which makes SQLite roll back the whole transaction.
            let bytes = number == 10 ? 1_000_000 : 10
            guard (try? await commits.write(.machine) { try $0.insert(number, bytes: bytes) }) != nil else { return }
            accepted.add(number)
        }
        #expect(!accepted.sorted.contains(10))
        #expect(try await numbers() == accepted.sorted)
        #expect(ledger.published.sorted == accepted.sorted)
        try await limitPages(to: 1_000_000)
        try await commits.write(.machine) { try $0.insert(1000, bytes: 1_000_000) }
        #expect(try await numbers().last == 1000)
    }

    @Test func valueOfTheWriteIsReturned() async throws {
        let commits = commits(Ledger())
        let values = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for number in 0..<50 {
                group.addTask { (number, try await commits.write(.process) { _ in number * 7 }) }
            }
            return try await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
        }
        #expect(values == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, $0 * 7) }))
    }

    /// 2 is FULL: the write-ahead log is synced at each commit. 1 is NORMAL.
    @Test func everyTransactionIsAsDurableAsItsWritesDemand() async throws {
        let commits = commits(Ledger())
        for (durability, mode) in [(Durability.machine, 2), (.machine, 2), (.process, 1), (.process, 1), (.machine, 2)] {
            #expect(try await commits.write(durability) { try $0.synchronousMode() } == mode)
        }
    }

    // MARK: -

    private func commits(_ ledger: Ledger) -> GroupCommit<Items> {
        GroupCommit(database, label: "test") { Items($0, ledger) }
    }

    /// Runs `count` writes, of which the first one blocks the writing thread until all have been requested.
    private func behind(
        _ commits: GroupCommit<Items>, count: Int, _ write: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let gate = Gate(count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (isHeld, held) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                try await commits.write(.process) { _ in
                    held.finish()
                    try gate.waitForAll()
                }
            }
            try await isHeld.end("the first write to begin")
            for number in 0..<count {
                group.addTask {
                    gate.arrive()
                    try await write(number)
                }
            }
            try await group.waitForAll()
        }
    }

    private func numbers() async throws -> [Int] {
        try await database.read { try Int.fetchAll($0, sql: "SELECT number FROM item ORDER BY number") }
    }

    private func limitPages(to count: Int) async throws {
        try await database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
    }
}

/// Opens when all participants have arrived.
private final class Gate: Sendable {
    private let missing: Atomic<Int>
    private let opened = DispatchSemaphore(value: 0)

    init(_ count: Int) { missing = Atomic(count) }

    func arrive() {
        if missing.subtract(1, ordering: .relaxed).newValue == 0 { opened.signal() }
    }

    func waitForAll() throws {
        guard opened.wait(timeout: .now() + 60) == .success else {
            throw DeadlineExceeded("everyone to arrive", limit: .seconds(60), file: #fileID, line: #line)
        }
    }
}

private struct Refused: Error {
    let number: Int
}

/// Numbers that several threads collect.
private final class Numbers: Sendable {
    private let all = Mutex<[Int]>([])

    var sorted: [Int] { all.withLock { $0.sorted() } }

    func add(_ number: Int) { all.withLock { $0.append(number) } }
}

/// Records callbacks of the transactions in a test.
private final class Ledger: Sendable {
    let commits = Mutex(0)
    let published = Numbers()
}

private final class Items: TransactionContext {
    private let database: Database
    private let ledger: Ledger
    private var inserted: [Int] = []

    init(_ database: Database, _ ledger: Ledger) {
        self.database = database
        self.ledger = ledger
    }

    func insert(_ number: Int, bytes: Int = 0) throws {
        try database.execute(sql: "INSERT INTO item (number, bytes) VALUES (?, zeroblob(?))", arguments: [number, bytes])
        inserted.append(number)
    }

    func synchronousMode() throws -> Int? { try Int.fetchOne(database, sql: "PRAGMA synchronous") }

    func inSavepoint<Value>(_ body: (Items) throws -> Value) throws -> Value {
        let before = inserted
        do {
            return try database.inCachedSavepoint { try body(self) }
        } catch {
            inserted = before
            throw error
        }
    }

    func willCommit() {}
    func didFail() {}

    func didCommit() {
        ledger.commits.withLock { $0 += 1 }
        inserted.forEach(ledger.published.add)
    }
}
