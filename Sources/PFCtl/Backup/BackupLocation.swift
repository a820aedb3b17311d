import Terminal

/// The location of a backup: a folder, or a bucket with the same file names. Files are read and written as local files.
protocol BackupLocation: Sendable {
    /// Shown in messages.
    var name: String { get }
    /// Quoted as an argument of a command.
    var address: String { get }
    /// `folder` or `bucket`; a key of JSON output.
    static var kind: String { get }
    /// How many files are checked concurrently.
    static var checks: Int { get }

    /// Creates the location, or continues an unfinished backup.
    ///
    /// - Returns: the objects that it already contains, by key.
    /// - Throws: `CommandError` if it contains anything else.
    func prepare() async throws -> [String: BackedUpObject]
    /// The path to which a file must be written before `keep`. Its folder exists.
    func draft(_ file: String) throws -> String
    /// Stores the file that was written to its `draft`.
    func keep(_ file: String) async throws
    /// Adds stored objects to the journal, from which an interrupted backup is continued.
    func note(_ objects: [BackedUpObject]) async throws
    /// Stores the journal, if `note` has not done so already.
    func keepNotes() async throws
    /// Writes the manifest, which completes the backup.
    func finish(_ manifest: BackupManifest) async throws

    /// - Throws: `CommandError` if there is none.
    func manifest() async throws -> BackupManifest
    /// The size and the SHA-256 of a file; nil if there is no such file.
    func metadata(_ file: String) async throws -> (bytes: Int, sha256: String)?
    /// Provides a file under a local path while `body` runs.
    ///
    /// - Parameter sha256: the expected hash; a downloaded file with another one is refused.
    func lend<Value>(_ file: String, sha256: String, _ body: (String) async throws -> Value) async throws -> Value
}

extension BackupLocation {
    var isFinished: CommandError {
        CommandError(
            .failed, "\(name) contains a finished backup", hint: "choose another \(Self.kind); pfctl backup --check \(address) checks it")
    }

    var isNotEmpty: CommandError {
        CommandError(.failed, "\(name) is not empty and not an unfinished backup", hint: "choose another \(Self.kind)")
    }

    var hasNoManifest: CommandError {
        CommandError(
            .failed, "\(name) is not a complete backup: it has no manifest.json", hint: "pfctl backup \(address) continues it")
    }

    func isMissing(_ file: String) -> CommandError { CommandError(.failed, "\(name)/\(file) is missing") }

    func hasChanged(_ file: String) -> CommandError {
        CommandError(
            .failed, "\(name)/\(file) has changed since it was written", hint: "use another backup, or another copy of this one")
    }
}

/// The names of the files of a backup.
enum BackupFile {
    static let manifest = "manifest.json"
    static let accounts = "accounts.ndjson"
    static let tasks = "tasks.ndjson"
    /// The list of objects.
    static let objects = "objects.ndjson"
    /// The journal: the objects copied so far, until the backup is finished.
    static let journal = "objects.part.ndjson"

    static func object(_ key: String) -> String { "objects/\(key)" }

    /// Whether an unfinished backup can contain a file or folder of this name at its top level.
    static func isOfUnfinished(_ name: some StringProtocol) -> Bool {
        [accounts, tasks, objects, journal, "objects"].contains(String(name))
    }
}

enum BackupLocations {
    /// - Parameter text: a folder, or `s3://bucket[/prefix]`.
    /// - Throws: `CommandError` if the URL or its credentials are invalid.
    static func location(_ text: String, in session: Session) throws -> any BackupLocation {
        guard text.hasPrefix("s3:") else { return BackupFolder(path: text) }
        return try BackupBucket(url: text, environment: session.environment)
    }
}
