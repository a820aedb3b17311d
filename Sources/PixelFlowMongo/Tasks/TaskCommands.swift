import Logging
import Metrics
import PixelFlowCore

/// The database commands of the task store.
struct TaskCommands: Sendable {
    typealias Name = TaskDocument.Name

    let database: MongoDatabase
    let clock: any StoreClock
    let machine: TaskStateMachine
    let cache = ClaimCache()
    let times = ChangeTimes()
    let quotas: RecentReads<Quota>
    let endpoints: RecentReads<ReadableEndpoints>
    let unreadable = UnreadableRows { kind, error in
        Logger(label: "mongodb").warning(
            "rows that only a newer version can read are left to it", metadata: ["rows": "\(kind.rawValue)", "error": "\(error)"])
    }
    let indexes: TaskIndexes

    init(database: MongoDatabase, clock: any StoreClock, policy: TaskPolicy, metrics: any MetricsFactory) {
        self.database = database
        self.clock = clock
        quotas = RecentReads("quotas", within: QuotaAge.limit, metrics: metrics)
        endpoints = RecentReads("webhooks", within: MongoTaskStore.endpointAge, metrics: metrics)
        machine = TaskStateMachine(policy: policy)
        indexes = TaskIndexes(database)
    }

    // MARK: Reading

    func find(
        _ operation: MongoOperation, where filter: BSONDocument, sort: BSONDocument? = nil, limit: Int
    ) async throws -> [TaskDocument] {
        try await readable(.task, limit: limit, TaskDocument.init) {
            try await rows(operation, where: filter, sort: sort, limit: $0)
        }
    }

    /// The first values of a query that is repeated until all of its rows have been handled, in the order of `time`, which the filter
    /// bounds. See `UnreadableRows.scan`.
    ///
    /// - Parameter name: names the scan.
    func scan<Value>(
        _ name: String, of kind: UnreadableRows.Kind, _ operation: MongoOperation, in collection: String = TaskDocument.collection,
        where filter: BSONDocument, by time: String, limit: Int, _ read: (BSONDocument) throws -> Value
    ) async throws -> [Value] {
        try await unreadable.scan(name, limit: limit) { (part: UnreadableRows.ScanPart<TimePosition>) in
            var filter = filter
            if let after = part.after {
                var bounds = filter[time]?.document ?? [:]
                bounds["$gte"] = .int(after.time)
                filter[time] = .document(bounds)
            }
            let found = try await rows(
                operation, in: collection, where: filter, sort: [time: 1], skip: part.after?.passed, limit: part.rows)
            var position = part.after
            return found.map { row in
                let next = TimePosition(row.value(at: time)?.int64 ?? position?.time ?? .min, after: position)
                position = next
                return (next, unreadable.value(of: kind) { try read(row) })
            }
        }
    }

    /// The same for tasks that follow a position in the order of a time and the id.
    func scan(
        _ name: String, _ operation: MongoOperation, where filter: BSONDocument, by time: String,
        after start: TimelinePosition, before end: Timestamp? = nil, limit: Int
    ) async throws -> [TaskDocument] {
        try await unreadable.scan(name, limit: limit, after: start) { part in
            var filter = filter
            for field in TaskDocument.after(part.after ?? start, by: time, before: end).fields { filter[field.name] = field.value }
            let sort = BSONDocument([.init(name: time, value: 1), .init(name: Name.id, value: 1)])
            return try await rows(operation, where: filter, sort: sort, limit: part.rows).map { row in
                let at = Timestamp(microseconds: row.value(at: time)?.int64 ?? .min)
                let position = TimelinePosition(time: at, task: TaskID(row[Name.id]?.string ?? ""))
                return (position, unreadable.value(of: .task) { try TaskDocument(row) })
            }
        }
    }

    /// The first values of a query, skipping those that only a newer version can decode.
    func readable<Value>(
        _ kind: UnreadableRows.Kind, limit: Int, _ read: (BSONDocument) throws -> Value,
        _ rows: (_ limit: Int) async throws -> [BSONDocument]
    ) async throws -> [Value] {
        try await UnreadableRows.page(limit: limit) { limit in
            try await rows(limit).map { row in unreadable.value(of: kind) { try read(row) } }
        }
    }

    /// The only value of a query. If only a newer version can decode it, the caller may get it from that version later.
    ///
    /// - Throws: `task_database_unavailable` in that case.
    func one<Value>(_ rows: [BSONDocument], _ read: (BSONDocument) throws -> Value) throws(PixelFlowError) -> Value? {
        do {
            return try rows.first.map(read)
        } catch {
            throw .unavailable(MongoDatabase.backend, cause: error)
        }
    }

    /// Undecoded documents, or only some `fields` of them.
    func rows(
        _ operation: MongoOperation, in collection: String = TaskDocument.collection, where filter: BSONDocument,
        sort: BSONDocument? = nil, skip: Int? = nil, limit: Int, fields: [String]? = nil
    ) async throws -> [BSONDocument] {
        try await indexes.ensure()
        let command = BSONDocument.find(
            in: collection, where: filter, sort: sort, skip: skip, limit: limit, fields: fields, database.commandTimeout)
        return try await database.documents(operation, command)
    }

    func aggregate(
        _ operation: MongoOperation, in collection: String = TaskDocument.collection, _ stages: [BSONDocument]
    ) async throws -> [BSONDocument] {
        try await indexes.ensure()
        return try await database.documents(operation, .aggregate(collection, stages, database.commandTimeout))
    }

    /// The different texts in a field, without reading the documents: in an index whose fields before this one are fixed by the filter, the
    /// server skips from one text to the next.
    func distinct(
        _ operation: MongoOperation, in collection: String = TaskDocument.collection, _ name: String, where filter: BSONDocument
    ) async throws -> [String] {
        try await indexes.ensure()
        let reply = try await database.run(
            operation,
            [
                "distinct": .string(collection), "key": .string(name), "query": .document(filter),
                "readConcern": ["level": "majority"], "maxTimeMS": BSONDocument.serverLimit(database.commandTimeout),
            ])
        return (reply["values"]?.array ?? []).compactMap(\.string)
    }

    func document(_ id: TaskID, of tenant: TenantID? = nil) async throws -> TaskDocument? {
        // The remains of a purged task have no status.
        var filter: BSONDocument = [Name.id: .string(id.rawValue), Name.status: TaskDocument.present]
        filter[Name.tenant] = tenant.map { .string($0.rawValue) }
        return try one(try await rows(.find, where: filter, limit: 1), TaskDocument.init)
    }

    /// Creates the indexes that correctness depends on, if they do not exist.
    func prepare() async throws { try await indexes.ensure() }

    func ping() async throws {
        try await prepare()
        _ = try await database.run(.check, ["ping": 1])
    }

    // MARK: Writing

    /// Runs `body` with unique times for `count` changes. Readers of the timeline wait until these changes are complete.
    func changing<Value>(_ count: Int = 1, _ body: (ClockReading, [Timestamp]) async throws -> Value) async throws -> Value {
        let reading = try await clock.read()
        let ticks = times.begin(count, at: reading.likely)
        defer { times.end(ticks) }
        return try await body(reading, ticks)
    }

    func insert(_ documents: [TaskDocument]) async throws -> BSONDocument {
        try await indexes.ensure()
        let command = BSONDocument.insert(
            into: TaskDocument.collection, try documents.map { try $0.encoded() }, database.commandTimeout)
        return try await database.run(.create, command)
    }

    /// - Returns: the number of statements that matched a document.
    /// - Throws: `PixelFlowError` with `retry == .outage`, also if the server rejects a statement.
    @discardableResult
    func update(
        _ operation: MongoOperation, in collection: String = TaskDocument.collection, _ statements: [BSONDocument]
    ) async throws -> Int {
        try await indexes.ensure()
        let reply = try await database.run(operation, .update(collection, statements, database.commandTimeout))
        try reply.requireWritten()
        return reply.matched
    }

    /// Inserts documents into another collection, skipping those whose ids exist.
    ///
    /// - Returns: the number of inserted documents.
    @discardableResult
    func insertNew(_ operation: MongoOperation, into collection: String, _ documents: [BSONDocument]) async throws -> Int {
        try await indexes.ensure()
        let reply = try await database.run(operation, .insert(into: collection, documents, database.commandTimeout))
        try reply.requireWritten(besideDuplicates: true)
        return reply.matched
    }

    /// Replaces or adds a document in another collection.
    ///
    /// - Returns: whether it was added; nil if another call has added it simultaneously.
    ///
    /// - Parameter setOnInsert: fields of a document that is added; an updated document keeps its own values.
    func upsert(
        _ operation: MongoOperation, in collection: String, where filter: BSONDocument, _ set: BSONDocument, setOnInsert: BSONDocument = [:]
    ) async throws -> Bool? {
        try await indexes.ensure()
        var change: BSONDocument = ["$set": .document(set)]
        if !setOnInsert.fields.isEmpty { change["$setOnInsert"] = .document(setOnInsert) }
        let statement = BSONDocument.statement(where: filter, change, upsert: true)
        let reply = try await database.run(operation, .update(collection, [statement], database.commandTimeout))
        if let error = reply.writeErrors.first {
            guard error.code == BSONDocument.duplicateKey else {
                throw PixelFlowError.unavailable(MongoDatabase.backend, cause: error.failure)
            }
            return nil
        }
        return reply["upserted"] != nil
    }

    /// - Returns: whether a document was deleted.
    @discardableResult
    func delete(
        _ operation: MongoOperation, in collection: String = TaskDocument.collection, where filter: BSONDocument
    ) async throws -> Bool {
        try await indexes.ensure()
        return try await database.run(operation, .delete(from: collection, where: filter, database.commandTimeout)).matched > 0
    }

    /// Deletes at most `limit` of the matching documents, without decoding them.
    ///
    /// - Returns: the number of deleted documents.
    func deleteSome(_ operation: MongoOperation, in collection: String, where filter: BSONDocument, limit: Int) async throws -> Int {
        let rows = try await rows(operation, in: collection, where: filter, limit: limit, fields: [Name.id])
        return try await deleteAll(operation, in: collection, ids: rows.compactMap { $0[Name.id] })
    }

    /// Deletes all documents with these ids.
    ///
    /// - Returns: the number of deleted documents.
    @discardableResult
    func deleteAll(_ operation: MongoOperation, in collection: String, ids: [BSONValue]) async throws -> Int {
        guard !ids.isEmpty else { return 0 }
        try await indexes.ensure()
        let found: BSONDocument = [Name.id: ["$in": .array(ids)]]
        let reply = try await database.run(operation, .deleteAll(from: collection, where: found, database.commandTimeout))
        try reply.requireWritten()
        return reply.matched
    }

    /// - Returns: whether the document was unchanged since it was read.
    func swap(_ swap: TaskSwap, _ operation: MongoOperation = .change) async throws -> Bool {
        try await update(operation, [try swap.statement()]) == 1
    }

    /// Applies each of the changes independently, and returns which ones succeeded.
    func swap(all swaps: [TaskSwap], _ operation: MongoOperation) async throws -> [Bool] {
        guard !swaps.isEmpty else { return [] }
        let matched = try await update(operation, try swaps.map { try $0.statement() })
        if matched == swaps.count || swaps.count == 1 { return swaps.map { _ in matched == swaps.count } }
        let filter: BSONDocument = [Name.id: ["$in": .array(swaps.map { .string($0.old.record.id.rawValue) })]]
        let rows = try await rows(.confirm, where: filter, limit: swaps.count, fields: [Name.version])
        let versions = Set(rows.compactMap { $0[Name.version]?.int64 })
        return swaps.map { versions.contains($0.new.version) }
    }
}

/// The position of a row in the order of a time, of which an index keeps rows of the same time in an order of its own.
struct TimePosition: Sendable {
    /// Microseconds since 1970.
    let time: Int64
    /// The number of rows with this time up to this position.
    let passed: Int

    init(_ time: Int64, after position: TimePosition?) {
        self.time = time
        passed = position?.time == time ? (position?.passed ?? 0) + 1 : 1
    }
}

extension BSONDocument {
    /// The value at a path such as `lease.until` or `outbox.0.at`.
    fileprivate func value(at path: String) -> BSONValue? {
        path.split(separator: ".").reduce(.document(self) as BSONValue?) { value, name in
            switch value {
            case .document(let document)?: document[String(name)]
            case .array(let values)?: Int(name).flatMap { values.indices.contains($0) ? values[$0] : nil }
            default: nil
            }
        }
    }
}
