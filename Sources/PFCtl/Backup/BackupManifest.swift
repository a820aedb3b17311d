import PixelFlowClient
import Terminal
import WireFormats

/// The content of a backup. It is written last: a folder without it is not a complete backup.
struct BackupManifest: Sendable, Hashable {
    static let format = 1

    /// The rows of one service, in one file with a line per row.
    struct Rows: Sendable, Hashable {
        /// The kind of store, such as `tasks in SQLite`.
        var form: String
        var schema: Int
        /// The release of the service.
        var release: String
        var rows: Int
        var bytes: Int
        var sha256: String
    }

    struct Objects: Sendable, Hashable {
        var count: Int
        var bytes: Int
        /// The SHA-256 of the list of objects, which contains those of the objects.
        var sha256: String
    }

    /// Services recognise a backup by it when a restore is continued.
    let id: String
    let time: String
    let accounts: Rows
    let tasks: Rows
    let objects: Objects
}

extension BackupManifest {
    var json: JSONValue {
        [
            "format": .integer(Self.format), "id": .string(id), "time": .string(time), "accounts": accounts.json, "tasks": tasks.json,
            "objects": objects.json,
        ]
    }

    /// - Throws: `CommandError` if the format is not supported or fields are missing.
    init(_ json: JSONValue, path: String) throws(CommandError) {
        guard let format = json["format"]?.intValue else { throw CommandError(.failed, "\(path) is not a backup manifest") }
        guard format == Self.format else {
            throw CommandError(
                .failed, "the backup has format \(format), but this pfctl supports format \(Self.format)",
                hint: "use the pfctl that wrote it, or a newer one")
        }
        guard let id = json["id"]?.stringValue, let time = json["time"]?.stringValue, let accounts = Rows(json["accounts"]),
            let tasks = Rows(json["tasks"]), let objects = Objects(json["objects"])
        else { throw CommandError(.failed, "\(path) is incomplete") }
        (self.id, self.time, self.accounts, self.tasks, self.objects) = (id, time, accounts, tasks, objects)
    }
}

extension BackupManifest {
    /// - Throws: `CommandError` if it is not a valid manifest.
    init(text: String, path: String) throws(CommandError) {
        guard let json = try? JSONValue(parsing: text.utf8) else { throw CommandError(.failed, "\(path) is not JSON") }
        try self.init(json, path: path)
    }

    var text: String { json.text(pretty: true) + "\n" }
}

extension BackupManifest.Rows {
    var json: JSONValue {
        [
            "form": .string(form), "schema": .integer(schema), "release": .string(release), "rows": .integer(rows),
            "bytes": .integer(bytes),
            "sha256": .string(sha256),
        ]
    }

    fileprivate init?(_ json: JSONValue?) {
        guard let json, let form = json["form"]?.stringValue, let schema = json["schema"]?.intValue,
            let release = json["release"]?.stringValue, let rows = json["rows"]?.intValue, let bytes = json["bytes"]?.intValue,
            let sha256 = json["sha256"]?.stringValue
        else { return nil }
        self.init(form: form, schema: schema, release: release, rows: rows, bytes: bytes, sha256: sha256)
    }

    /// - Throws: `CommandError` unless the database of a service can store these rows.
    func requireForm(of report: ArchiveReport) throws(CommandError) {
        guard form == report.form else {
            throw CommandError(
                .failed, "the backup contains \(form), but the installation uses \(report.form)",
                hint: "restore it into an installation with the same kind of database")
        }
        guard schema == report.schema else {
            let age = schema > report.schema ? "newer" : "older"
            throw CommandError(
                .failed, "the backup is from the \(age) release \(release), but the installation is \(report.release)",
                hint: "install \(release), restore the backup, then upgrade")
        }
    }
}

extension BackupManifest.Objects {
    var json: JSONValue { ["count": .integer(count), "bytes": .integer(bytes), "sha256": .string(sha256)] }

    fileprivate init?(_ json: JSONValue?) {
        guard let json, let count = json["count"]?.intValue, let bytes = json["bytes"]?.intValue, let sha256 = json["sha256"]?.stringValue
        else { return nil }
        self.init(count: count, bytes: bytes, sha256: sha256)
    }
}

/// An object in a backup.
struct BackedUpObject: Sendable, Hashable {
    let key: String
    let bytes: Int
    let sha256: String

    var json: JSONValue { ["key": .string(key), "bytes": .integer(bytes), "sha256": .string(sha256)] }

    init(key: String, bytes: Int, sha256: String) {
        self.key = key
        self.bytes = bytes
        self.sha256 = sha256
    }

    /// Nil if it is not an object, or if its key would lead out of the folder.
    init?(_ json: JSONValue) {
        guard let key = json["key"]?.stringValue, Self.isSafe(key), let bytes = json["bytes"]?.intValue,
            let sha256 = json["sha256"]?.stringValue
        else { return nil }
        self.init(key: key, bytes: bytes, sha256: sha256)
    }

    /// Whether a key is a relative path that stays below its folder.
    static func isSafe(_ key: String) -> Bool {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 2 && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.utf8.contains(0) }
    }
}
