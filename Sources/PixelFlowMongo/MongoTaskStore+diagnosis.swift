package import PixelFlowCore

extension MongoTaskStore: DiagnosableBackend {
    package var kind: String { "MongoDB" }

    package func diagnose() async throws -> [BackendFinding] {
        let database = tasks.database
        let latency = try await BackendFinding.latency { try await check() }
        let write = try await BackendFinding.latency(
            "durable-write", "a write that a majority has in its journals is quick", limit: BackendFinding.slowWrite,
            hint: "are its disks slow, or is a member of the replica set behind? see rs.status()"
        ) {
            // Deletes nothing, but waits for the journals like every write.
            let none: BSONDocument = [TaskDocument.Name.id: "diagnosis"]
            _ = try await database.run(.diagnose, .delete(from: TaskDocument.collection, where: none, database.commandTimeout))
        }
        let server = try await ServerGreeting(database)
        let build = try await database.permittedReply(to: ["buildInfo": 1])
        let statistics = try await database.permittedReply(to: ["dbStats": 1])
        return [
            latency, write, .version(build?["version"]?.string ?? "", oldest: [6, 0]), server.replication,
            .encryption(database.usesTLS, hint: "set tls=true in PIXELFLOW_TASK_DATABASE_URL"), server.clock,
            try await indexes(), Self.space(statistics),
        ]
    }

    private func indexes() async throws -> BackendFinding {
        var missing: [String] = []
        var count = 0
        for (collection, indexes) in TaskIndexes.all {
            let present = try await tasks.database.indexes(of: collection, .diagnose)
            let wanted = indexes.compactMap { $0["name"]?.string }
            count += wanted.count
            missing += wanted.filter { !present.contains($0) }
        }
        return .indexes(missing: missing, of: count, hint: "api and worker create them; their logs say what keeps them from that")
    }

    private static func space(_ statistics: BSONDocument?) -> BackendFinding {
        guard let total = statistics?["fsTotalSize"]?.int64, let used = statistics?["fsUsedSize"]?.int64 else {
            return .space(free: nil, of: nil)
        }
        return .space(free: total - used, of: total)
    }
}

extension MongoDatabase {
    /// The names of the existing indexes; empty if the collection does not exist yet, for which the server returns an error.
    func indexes(of collection: String, _ operation: MongoOperation) async throws -> [String] {
        do {
            return try await documents(operation, ["listIndexes": .string(collection)]).compactMap { $0["name"]?.string }
        } catch let error as PixelFlowError {
            guard (error.cause as? MongoError)?.kind == .server else { throw error }
            return []
        }
    }

    /// The response to a command; nil if the server rejects it, for example because of missing permissions.
    fileprivate func permittedReply(to command: BSONDocument) async throws -> BSONDocument? {
        do {
            return try await run(.diagnose, command)
        } catch let error as PixelFlowError {
            guard let failure = error.cause as? MongoError, failure.kind == .server || failure.kind == .credentials else { throw error }
            return nil
        }
    }
}

/// The response to `hello`.
private struct ServerGreeting {
    let replication: BackendFinding
    let clock: BackendFinding

    init(_ database: MongoDatabase) async throws {
        let local = SystemClock()
        let sent = local.now()
        let reply = try await database.run(.diagnose, ["hello": 1])
        let received = local.now()
        replication = Self.replication(set: reply["setName"]?.string, members: reply["hosts"]?.array?.count ?? 0)
        guard let milliseconds = reply["localTime"]?.int64 else {
            clock = .skipped("clock", "its clock agrees with that of the service", "the server does not report it")
            return
        }
        clock = .clock(Timestamp(microseconds: milliseconds * 1_000), sent: sent, received: received)
    }

    private static func replication(set: String?, members: Int) -> BackendFinding {
        let (name, title) = ("replication", "it survives the loss of a machine")
        guard let set else {
            return .warning(
                name, title, "a standalone server, not a replica set", hint: "for production run a replica set of three: docs/production.md"
            )
        }
        let reason = "replica set \(set) with \(members) \(members == 1 ? "member" : "members")"
        guard members < 3 else { return .ok(name, title, reason) }
        return .warning(name, title, reason, hint: "for production run a replica set of three: docs/production.md")
    }
}
