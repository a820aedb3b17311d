import Terminal

/// Where a backup is: a folder, or a bucket, with files of the same names. What is written, and what is read, is a local file for the while.
protocol BackupPlace: Sendable {
    /// For messages.
    var name: String { get }
    /// As an argument of a command.
    var address: String { get }
    /// `folder` or `bucket`, for programs.
    static var kind: String { get }
    /// Files that are checked at a time.
    static var checks: Int { get }

    /// Makes the place, or goes on with a backup that is not finished.
    ///
    /// - Returns: the objects that are there already.
    /// - Throws: `CommandError` if it has something else in it.
    func prepare() async throws -> [String: BackedUpObject]
    /// Under what path a file is to be written before `keep`. Its folder is there.
    func draft(_ file: String) throws -> String
    /// Keeps the file that has been written to its `draft`.
    func keep(_ file: String) async throws
    /// Notes objects that are kept now, for whoever goes on with the backup.
    func note(_ objects: [BackedUpObject]) async throws
    /// Keeps the notes, where `note` has not done so at once.
    func keepNotes() async throws
    /// Makes the place a backup.
    func finish(_ manifest: BackupManifest) async throws

    /// - Throws: `CommandError` if the place has none.
    func manifest() async throws -> BackupManifest
    /// Nil if there is no such file.
    func facts(_ file: String) async throws -> (bytes: Int, sha256: String)?
    /// Lends a file under a local path.
    ///
    /// - Parameter sha256: of the file; one that has been fetched and has another is refused.
    func lend<Value>(_ file: String, sha256: String, _ body: (String) async throws -> Value) async throws -> Value
}

extension BackupPlace {
    var isFinished: CommandError {
        CommandError(
            .failed, "\(name) has a finished backup", hint: "name another \(Self.kind); pfctl backup --check \(address) checks it")
    }

    var isNotEmpty: CommandError {
        CommandError(.failed, "\(name) is not empty and not an unfinished backup", hint: "name another \(Self.kind)")
    }

    var hasNoManifest: CommandError {
        CommandError(
            .failed, "\(name) is not a complete backup: it has no manifest.json", hint: "pfctl backup \(address) continues it")
    }

    func isMissing(_ file: String) -> CommandError { CommandError(.failed, "\(name)/\(file) is missing") }

    func hasChanged(_ file: String) -> CommandError {
        CommandError(
            .failed, "\(name)/\(file) is not the file that was written", hint: "use another backup, or another copy of this one")
    }
}

/// The names of the files of a backup.
enum BackupFile {
    static let manifest = "manifest.json"
    static let accounts = "accounts.ndjson"
    static let tasks = "tasks.ndjson"
    /// The list of the objects.
    static let objects = "objects.ndjson"
    /// What has been read of the objects so far, while the backup is not finished.
    static let journal = "objects.part.ndjson"

    static func object(_ key: String) -> String { "objects/\(key)" }

    /// Whether a backup that is not finished has such a file, or a folder, in its top folder.
    static func isOfUnfinished(_ name: some StringProtocol) -> Bool {
        [accounts, tasks, objects, journal, "objects"].contains(String(name))
    }
}

enum BackupPlaces {
    /// - Parameter text: a folder, or `s3://bucket[/prefix]`.
    /// - Throws: `CommandError` if the address or its credentials make no sense.
    static func place(_ text: String, in session: Session) throws -> any BackupPlace {
        guard text.hasPrefix("s3:") else { return BackupFolder(path: text) }
        return try BackupBucket(url: text, environment: session.environment)
    }
}
