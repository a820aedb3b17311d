import HTTPTypes
import Hummingbird
import Logging
package import OpenAPI
package import PixelFlowCore
import WireFormats

/// `/operator/archive`: reads all rows of a service's database for a backup, and restores them to an empty one.
///
/// Register it behind `ServiceSecretMiddleware`.
package struct ArchiveRoutes: Sendable {
    /// The maximum size of a page of rows, in bytes; a page has a few hundred rows.
    private static let bodyLimit = 32 * 1024 * 1024
    private static let note =
        "For operators: the token is the service secret (`PIXELFLOW_SERVICE_SECRET`). web does not forward this route."

    private let service: String
    private let store: any ArchivableStore
    private let problems: [DeclaredProblem]
    private let restored: @Sendable () async -> Void

    /// - Parameters:
    ///   - unavailable: the error while the database is down.
    ///   - restored: called when the rows of a backup have been restored.
    package init(
        service: String, store: any ArchivableStore, unavailable: DeclaredProblem, restored: @escaping @Sendable () async -> Void = {}
    ) {
        self.service = service
        self.store = store
        problems = [unavailable]
        self.restored = restored
    }

    package var routes: [Route] {
        let restore = "/operator/archive/restores/{backup}"
        return [
            Route(
                .get, "/operator/archive", id: "\(service)Archive", tag: "service", "Count the rows of the database",
                details: Self.note,
                access: .operator, responses: [.json(ArchiveView.self, "The rows.")], problems: problems
            ) { _, _ in try .json(ArchiveView(try await store.archiveState(), form: store.archiveForm)) },
            Route(
                .get, "/operator/archive/rows", id: "\(service)ArchiveRows", tag: "service", "Read every row of the database",
                details: """
                    JSON lines, with password hashes, keys and secrets as they are stored. The last line is \
                    `{"rows":COUNT,"sha256":"…"}`, of all lines before it; without it, the response is incomplete. \(Self.note)
                    """, access: .operator,
                responses: [ResponseDescription(200, "The rows.", [.init(ArchiveLines.mediaType, .schema(.string()))])], problems: problems
            ) { request, _ in ArchiveLines.response(store.archivedRows(), isHead: request.method == .head) },
            Route(
                .put, restore, id: "\(service)BeginRestore", tag: "service", "Begin or continue to restore a backup",
                details: "The database must be empty. \(Self.note)", access: .operator, parameters: [.backupID],
                responses: [.empty(.noContent, "Rows are accepted.")],
                problems: problems + [.backupNotFound, .restoreNotEmpty, .restoreOfAnother]
            ) { _, context in
                let backup = try context.backup()
                try await store.beginRestore(of: backup)
                context.logger.notice("restore begun", metadata: ["backup": "\(backup)"])
                return Response(status: .noContent)
            },
            Route(
                .post, restore + "/rows", id: "\(service)RestoreRows", tag: "service", "Restore some rows",
                details: "Restores all rows or none. Can be repeated. \(Self.note)", access: .operator,
                parameters: [.backupID],
                body: BodyDescription([.init(ArchiveLines.mediaType, .schema(.string()))], "Rows as they were read, at most 32 MiB."),
                responses: [.empty(.noContent, "The rows are there.")],
                problems: problems + [
                    .backupNotFound, .restoreNotBegun,
                    DeclaredProblem(.conflict, "archive_row_conflict", "A row has a value that must be unique and that another row has."),
                    DeclaredProblem(.invalid, "archive_row_invalid", "A line is not a row of this database."),
                    DeclaredProblem(.insufficientStorage, "insufficient_storage", "The disk is full."),
                ]
            ) { request, context in
                let backup = try context.backup()
                let rows = try ArchiveLines.rows(try await request.collectBody(limit: Self.bodyLimit))
                try await store.restore(rows, of: backup)
                return Response(status: .noContent)
            },
            Route(
                .delete, restore, id: "\(service)FinishRestore", tag: "service", "End a restore",
                details: "Nothing happens if it has ended. \(Self.note)", access: .operator, parameters: [.backupID],
                responses: [.empty(.noContent, "The service uses the restored data.")],
                problems: problems + [.backupNotFound]
            ) { _, context in
                let backup = try context.backup()
                try await store.finishRestore(of: backup)
                await restored()
                context.logger.notice("restore ended", metadata: ["backup": "\(backup)"])
                return Response(status: .noContent)
            },
        ]
    }
}

extension AppRequestContext {
    /// The backup named in the path.
    ///
    /// - Throws: `not_found` if it is not a valid id.
    package func backup() throws(PixelFlowError) -> String {
        guard let id = parameters.get("backup"), (1...64).contains(id.utf8.count), id.utf8.allSatisfy(ASCIISet.alphanumerics.contains)
        else { throw .notFound("backup") }
        return id
    }
}

extension ParameterDescription {
    package static let backupID = Self(
        "backup", in: .path, .string(pattern: "^[A-Za-z0-9]{1,64}$"), "The id of the backup, in its manifest.")
}

extension DeclaredProblem {
    static let restoreNotEmpty = DeclaredProblem(.conflict, "restore_not_empty", "The database is not empty.")
    static let restoreOfAnother = DeclaredProblem(.conflict, "restore_of_another", "Another backup is being restored.")
    package static let restoreNotBegun = DeclaredProblem(.conflict, "restore_not_begun", "No restore of this backup is under way.")
    package static let backupNotFound = DeclaredProblem(.notFound, "not_found", "This is not the id of a backup.")
}
