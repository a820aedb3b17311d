import CMongoC

/// libmongoc's client pool. Its calls block, so they must run on dedicated threads.
final class MongoClients: @unchecked Sendable {
    // `@unchecked`: the pool is thread-safe, and this pointer never changes.
    private let pool: OpaquePointer

    /// - Throws: `MongoError` if the library rejects the URL.
    init(_ address: MongoAddress, size: Int) throws(MongoError) {
        MongoLibrary.start()
        var error = bson_error_t()
        guard let uri = address.makeURI() else { throw MongoError(kind: .server, message: "not a MongoDB URL") }
        defer { mongoc_uri_destroy(uri) }
        guard let pool = mongoc_client_pool_new_with_error(uri, &error) else { throw MongoError(error) }
        self.pool = pool
        mongoc_client_pool_max_size(pool, UInt32(size))
        // Version 2 distinguishes error codes of the server from those of the library.
        mongoc_client_pool_set_error_api(pool, 2)
        mongoc_client_pool_set_appname(pool, "pixelflow")
    }

    deinit { mongoc_client_pool_destroy(pool) }

    /// Runs a command on the primary and returns its response.
    ///
    /// - Throws: `MongoError`, also if a majority has not confirmed a write.
    func reply(to command: [UInt8], on database: String) throws -> BSONDocument {
        try withReply(to: command, on: database) { _, reply in
            defer { bson_destroy(reply) }
            let document = try BSONDocument(reading: reply)
            if let unconfirmed = document["writeConcernError"]?.document { throw MongoError(unconfirmed: unconfirmed) }
            return document
        }
    }

    /// Runs a command that returns a cursor, and returns all of its documents, fetching further batches if necessary.
    func documents(of command: [UInt8], on database: String) throws -> [BSONDocument] {
        try withReply(to: command, on: database) { client, reply in
            // The cursor takes ownership of the reply.
            guard let cursor = mongoc_cursor_new_from_command_reply_with_opts(client, reply, nil) else { return [] }
            defer { mongoc_cursor_destroy(cursor) }
            var documents: [BSONDocument] = []
            var next: OpaquePointer?
            while mongoc_cursor_next(cursor, &next), let document = next {
                documents.append(try BSONDocument(reading: document))
            }
            var error = bson_error_t()
            if mongoc_cursor_error(cursor, &error) { throw MongoError(error) }
            return documents
        }
    }

    /// - Parameter body: must ensure that the reply is destroyed.
    private func withReply<Value>(
        to command: [UInt8], on database: String, _ body: (OpaquePointer, OpaquePointer) throws -> Value
    ) throws -> Value {
        guard let client = mongoc_client_pool_pop(pool) else { throw MongoError(kind: .connection, message: "no free connection") }
        defer { mongoc_client_pool_push(pool, client) }
        guard let request = bson_new_from_data(command, command.count) else {
            throw MongoError(kind: .server, message: "a command that is not BSON")
        }
        defer { bson_destroy(request) }
        // Allocated explicitly, because `bson_t` (128 bytes) needs an alignment that the stack does not guarantee.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<bson_t>.size, alignment: 128)
        defer { memory.deallocate() }
        let reply = OpaquePointer(memory)
        var error = bson_error_t()
        guard mongoc_client_command_simple(client, database, request, nil, reply, &error) else {
            bson_destroy(reply)
            throw MongoError(error)
        }
        return try body(client, reply)
    }
}

extension BSONDocument {
    /// Copies a `bson_t`.
    fileprivate init(reading pointer: OpaquePointer) throws {
        guard let data = bson_get_data(pointer) else { throw BSONError(description: "nothing") }
        // A document begins with its length.
        let length = UInt32(littleEndian: UnsafeRawPointer(data).loadUnaligned(as: UInt32.self))
        try self.init(decoding: UnsafeRawBufferPointer(start: data, count: Int(length)))
    }
}

extension MongoError {
    fileprivate init(unconfirmed: BSONDocument) {
        let code = UInt32(clamping: unconfirmed["code"]?.int ?? 0)
        let kind: Kind = Self.kind(serverCode: code) == .notPrimary ? .notPrimary : .unconfirmed
        self.init(kind: kind, code: code, message: unconfirmed["errmsg"]?.string ?? "not confirmed by a majority")
    }
}
