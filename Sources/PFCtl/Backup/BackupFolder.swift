import FoundationEssentials
import Terminal
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder with a backup, which only its owner can read: it has passwords' hashes, keys and secrets.
struct BackupFolder: Sendable {
    let path: String

    var manifestFile: String { path + "/manifest.json" }
    var accountsFile: String { path + "/accounts.ndjson" }
    var tasksFile: String { path + "/tasks.ndjson" }
    /// The list of the objects.
    var objectsFile: String { path + "/objects.ndjson" }
    /// What has been read of the objects so far, while the backup is not finished.
    var journalFile: String { path + "/objects.part.ndjson" }

    func objectFile(_ key: String) -> String { "\(path)/objects/\(key)" }

    /// Makes the folder, or goes on with one that is not finished.
    ///
    /// - Returns: the objects that are there already.
    /// - Throws: `CommandError` if it has something else in it.
    func prepare() throws -> [String: BackedUpObject] {
        let files = FileManager.default
        if let entries = try? files.contentsOfDirectory(atPath: path), !entries.isEmpty {
            guard !files.fileExists(atPath: manifestFile) else {
                throw CommandError(
                    .failed, "\(path) has a finished backup", hint: "name another folder; pfctl backup --check \(path) checks it")
            }
            let own: Set = ["accounts.ndjson", "tasks.ndjson", "objects.ndjson", "objects.part.ndjson", "objects"]
            guard entries.allSatisfy({ own.contains($0) || $0.hasSuffix(".part") }) else {
                throw CommandError(.failed, "\(path) is not empty, and no unfinished backup", hint: "name another folder")
            }
        }
        try makeFolder(path)
        // One that was there may be open to others.
        guard chmod(path, 0o700) == 0 else { throw PrivateFile.failure(path) }
        return try journal()
    }

    func makeFolder(_ path: String) throws(CommandError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(.failed, "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    private func journal() throws -> [String: BackedUpObject] {
        guard let text = try? String(contentsOfFile: journalFile, encoding: .utf8) else { return [:] }
        // A last line that is cut off is no object.
        let objects = text.split(separator: "\n").compactMap { try? JSONValue(parsing: $0.utf8) }.compactMap(BackedUpObject.init)
        return Dictionary(objects.map { ($0.key, $0) }) { $1 }
    }

    /// Notes objects that are in the folder now.
    func note(_ objects: [BackedUpObject]) throws {
        guard !objects.isEmpty else { return }
        let descriptor = open(journalFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PrivateFile.failure(journalFile) }
        defer { close(descriptor) }
        let text = objects.map { $0.json.text() + "\n" }.joined()
        guard text.utf8.withContiguousStorageIfAvailable({ write(descriptor, $0.baseAddress, $0.count) == $0.count }) == true else {
            throw PrivateFile.failure(journalFile)
        }
    }

    /// Makes the folder a backup.
    func finish(_ manifest: BackupManifest) throws {
        unlink(journalFile)
        try PrivateFile.replace(manifestFile, in: path, Array((manifest.json.text(pretty: true) + "\n").utf8))
    }

    /// - Throws: `CommandError` if the folder has none.
    func manifest() throws -> BackupManifest {
        guard let text = try? String(contentsOfFile: manifestFile, encoding: .utf8) else {
            throw CommandError(
                .failed, "\(path) is no backup, or not a whole one: it has no manifest.json", hint: "pfctl backup \(path) goes on with it")
        }
        guard let json = try? JSONValue(parsing: text.utf8) else { throw CommandError(.failed, "\(manifestFile) is not JSON") }
        return try BackupManifest(json, path: manifestFile)
    }
}
