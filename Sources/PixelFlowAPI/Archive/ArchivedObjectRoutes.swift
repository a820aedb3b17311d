import HTTPTypes
import Hummingbird
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// `/operator/archive/objects`: the bytes of all sources and outputs, for backup and restore. Objects are immutable, so a backup never
/// needs to read one twice.
struct ArchivedObjectRoutes: Sendable {
    /// The number of tasks whose objects make up one page.
    private static let page = 100
    /// The number of sizes requested concurrently.
    private static let reads = 8
    private static let note =
        "For operators: the token is the service secret (`PIXELFLOW_SERVICE_SECRET`). web does not forward this route."

    let store: any ArchivableStore
    let blobs: any BlobStore

    var routes: [Route] {
        [
            Route(
                .get, "/operator/archive/objects", id: "apiArchivedObjects", tag: "service", "List the objects, sorted by task",
                details: Self.note, access: .operator, parameters: [Self.after.description, Self.sizes.description],
                responses: [.json(ObjectPage.self, "A page of objects.")], problems: [.blobStoreUnavailable, .invalidParameter],
                handler: list),
            Route(
                .get, "/operator/archive/object", id: "apiArchivedObject", tag: "service", "Read an object", details: Self.note,
                access: .operator, parameters: [Self.key.description],
                responses: [ResponseDescription(200, "The bytes.", [.bytes("application/octet-stream")])],
                problems: [.blobStoreUnavailable, .invalidParameter, DeclaredProblem(.notFound, "not_found", "There is no such object.")],
                handler: read),
            Route(
                .put, "/operator/archive/restores/{backup}/object", id: "apiRestoreObject", tag: "service", "Restore an object",
                details: "Only during the restore of the task database. \(Self.note)", access: .operator,
                parameters: [.backupID, Self.key.description],
                body: BodyDescription([.bytes("application/octet-stream")], "The bytes."),
                responses: [.empty(.noContent, "The object is there.")],
                problems: [
                    .taskDatabaseUnavailable, .blobStoreUnavailable, .invalidParameter, .restoreNotBegun, .backupNotFound,
                    DeclaredProblem(.insufficientStorage, "insufficient_storage", "There is no space left."),
                ], handler: write),
        ]
    }

    private static let after = QueryParameter<BlobKey>(
        "after", .string(length: 1...257), "The `next_after` of the previous page.", expectation: "what a page has called next_after"
    ) { text in
        let key = BlobKey(rawValue: text)
        return (try? key.parts().count) == 2 ? key : nil
    }
    private static let sizes = QueryParameter<Bool>(
        "sizes", .boolean, "Whether to include the size of each object, which takes one request to the store per object.",
        expectation: "true or false"
    ) { text in Bool(text) }
    private static let key = QueryParameter<BlobKey>(
        "key", .string(length: 1...1024), "The key of the object.", expectation: "the key of an object"
    ) { text in
        let key = BlobKey(rawValue: text)
        return ((try? key.parts().count) ?? 0) > 2 ? key : nil
    }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let after = try Self.after.value(in: request.query)
        let withSizes = try Self.sizes.value(in: request.query) ?? false
        let prefixes = try await blobs.taskPrefixes(after: after, limit: Self.page)
        var keys: [BlobKey] = []
        for prefix in prefixes { keys += try await blobs.keys(prefix) }
        let sizes = withSizes ? try await self.sizes(of: keys) : [:]
        // An object that was removed after it was listed has no size.
        let objects = keys.filter { !withSizes || sizes[$0] != nil }.map { ObjectPage.Object(key: $0.rawValue, bytes: sizes[$0]) }
        return try .json(ObjectPage(objects: objects, nextAfter: prefixes.count == Self.page ? prefixes.last?.rawValue : nil))
    }

    private func sizes(of keys: [BlobKey]) async throws -> [BlobKey: Int] {
        try await withThrowingTaskGroup(of: (BlobKey, Int?).self) { group in
            var sizes: [BlobKey: Int] = [:]
            for (index, key) in keys.enumerated() {
                if index >= Self.reads, let (key, size) = try await group.next() { sizes[key] = size }
                group.addTask { (key, try await blobs.read(key, range: 0..<0)?.size) }
            }
            for try await (key, size) in group { sizes[key] = size }
            return sizes
        }
    }

    @Sendable private func read(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard let blob = try await blobs.read(try requiredKey(request), range: nil) else { throw PixelFlowError.notFound("object") }
        let isHead = request.method == .head
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
            body: ResponseBody(contentLength: blob.range.count) { writer in
                if !isHead {
                    for try await chunk in blob.body { try await writer.write(chunk) }
                }
                try await writer.finish(nil)
            })
    }

    @Sendable private func write(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let key = try requiredKey(request)
        guard try await store.restoring() == context.backup() else { throw PixelFlowError.restoreNotBegun }
        _ = try await blobs.write(key, from: request.body)
        return Response(status: .noContent)
    }

    private func requiredKey(_ request: Request) throws(PixelFlowError) -> BlobKey {
        guard let key = try Self.key.value(in: request.query) else { throw .invalid("key", "key must be the key of an object.") }
        return key
    }
}
