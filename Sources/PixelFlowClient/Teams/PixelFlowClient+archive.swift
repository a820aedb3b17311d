import AsyncHTTPClient
import FoundationEssentials
package import NIOCore
import NIOHTTP1
import WireFormats

/// Database rows of the services, and objects, for backups. The client's token must be the service secret, and its endpoints must be
/// the services themselves, because web does not forward these calls.
extension PixelFlowClient {
    package enum ArchivedService: String, Sendable {
        /// Accounts.
        case auth
        /// Tasks.
        case api
    }

    package func archive(of service: ArchivedService) async throws -> ArchiveReport {
        try ArchiveReport(Fields(await document(Call(.GET, base(service)))))
    }

    /// All rows, one per line, followed by a line with their number.
    package func archivedRows(of service: ArchivedService) async throws -> Download {
        try await Download(open(Call(.GET, base(service) + "/rows")))
    }

    package func beginRestore(of backup: String, in service: ArchivedService) async throws {
        _ = try await document(Call(.PUT, base(service) + Path.joined("restores", backup)))
    }

    /// - Parameter rows: complete lines.
    package func restore(_ rows: ByteBuffer, of backup: String, in service: ArchivedService) async throws {
        let url = base(service) + Path.joined("restores", backup, "rows")
        let headers: HTTPHeaders = ["content-type": "application/x-ndjson"]
        _ = try await document(Call(.POST, url, headers: headers, body: .bytes(rows), isRepeatable: true))
    }

    package func finishRestore(of backup: String, in service: ArchivedService) async throws {
        _ = try await document(Call(.DELETE, base(service) + Path.joined("restores", backup)))
    }

    /// A page of the objects.
    ///
    /// - Parameters:
    ///   - previous: the `next` of the previous page.
    ///   - withSizes: whether to include sizes, which takes longer.
    package func archivedObjects(
        after previous: String?, withSizes: Bool = false
    ) async throws -> (objects: [ArchivedObject], next: String?) {
        let query = Path.query([("after", previous), ("sizes", withSizes ? "true" : nil)])
        let page = try Fields(await document(Call(.GET, base(.api) + "/objects" + query)))
        let objects = try page.list("objects") {
            ArchivedObject(key: try Self.relativePath(try $0.text("key")), bytes: $0.json["bytes"]?.intValue.map(Int64.init))
        }
        return (objects, page.json["next_after"]?.stringValue)
    }

    /// The key, which becomes the path of a file below the folder of a backup.
    ///
    /// - Throws: `ClientError.invalidResponse` if the path could lead elsewhere.
    private static func relativePath(_ key: String) throws -> String {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard !key.utf8.contains(0), !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw ClientError.invalidResponse("an object has a key that is not allowed for a file: \(key.prefix(200).debugDescription)")
        }
        return key
    }

    package func archivedObject(_ key: String) async throws -> Download {
        try await Download(open(Call(.GET, base(.api) + "/object" + Path.query([("key", key)]))))
    }

    package func restoreObject(_ key: String, from path: String, of backup: String) async throws {
        let url = base(.api) + Path.joined("restores", backup, "object") + Path.query([("key", key)])
        let size = try FileReader(path).size()
        let body = RequestBody.stream(length: size) {
            let file = try FileReader(path)
            return ByteStream { ByteStream.Iterator { try await file.next() } }
        }
        let response = try await open(Call(.PUT, url, headers: ["content-type": "application/octet-stream"], body: body))
        for try await _ in response.body {}
    }

    private func base(_ service: ArchivedService) -> String {
        switch service {
        case .auth: endpoints.auth + "/operator/archive"
        case .api: endpoints.api + "/operator/archive"
        }
    }
}

/// The state of the rows of a service.
package struct ArchiveReport: Sendable, Hashable {
    /// The kind of store: `accounts`, `tasks in SQLite`.
    package let form: String
    /// The schema version.
    package let schema: Int
    /// The release of the service.
    package let release: String
    package let rows: Int
    /// Whether a backup can be restored into it.
    package let isEmpty: Bool
    /// The id of the backup that is being restored.
    package let restoring: String?

    init(_ fields: Fields) throws {
        guard let form = try fields.object("form", { (try $0.text("name"), $0.json["schema"]?.intValue ?? 0) }) else {
            throw ClientError.invalidResponse("the response has no form")
        }
        (self.form, schema) = form
        release = try fields.text("release")
        rows = fields.json["rows"]?.intValue ?? 0
        isEmpty = fields.json["is_empty"]?.boolValue ?? false
        restoring = fields.json["restoring"]?.stringValue
    }
}

package struct ArchivedObject: Sendable, Hashable {
    package let key: String
    /// Nil if sizes were not requested.
    package let bytes: Int64?
}
