import FoundationEssentials
import PixelFlowClient
import Terminal
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A backup in a folder that only its owner can read: it contains password hashes, keys and secrets.
struct BackupFolder: BackupLocation {
    static let kind = "folder"
    static let checks = 1

    let path: String

    var name: String { path }
    var address: String { path }
    private var manifestFile: String { local(BackupFile.manifest) }
    var journalFile: String { local(BackupFile.journal) }

    func local(_ file: String) -> String { "\(path)/\(file)" }

    func prepare() throws -> [String: BackedUpObject] {
        let files = FileManager.default
        if let entries = try? files.contentsOfDirectory(atPath: path), !entries.isEmpty {
            guard !files.fileExists(atPath: manifestFile) else { throw isFinished }
            let drafts = entries.filter { PrivateFile.isDraft($0, of: BackupFile.manifest) }
            guard entries.allSatisfy({ BackupFile.isOfUnfinished($0) || $0.hasSuffix(".part") || drafts.contains($0) }) else {
                throw isNotEmpty
            }
            for draft in drafts { unlink(local(draft)) }
        }
        try makeFolder(path)
        // An existing folder may be readable by others.
        guard chmod(path, 0o700) == 0 else { throw PrivateFile.failure(path) }
        return try journal().filter { (try? FileReader(local(BackupFile.object($0.key))).size()) == Int64($0.value.bytes) }
    }

    func draft(_ file: String) throws -> String {
        let file = local(file)
        try makeFolder(String(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex)))
        return file
    }

    /// The draft is already in its final location.
    func keep(_ file: String) {}

    func makeFolder(_ path: String) throws(CommandError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(.failed, "\(path) cannot be created: \(String(cString: strerror(errno)))")
        }
    }

    func journal() throws -> [String: BackedUpObject] {
        guard let text = try? String(contentsOfFile: journalFile, encoding: .utf8) else { return [:] }
        // An incomplete last line is not an entry.
        let objects = text.split(separator: "\n").compactMap { try? JSONValue(parsing: $0.utf8) }.compactMap(BackedUpObject.init)
        return Dictionary(objects.map { ($0.key, $0) }) { $1 }
    }

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

    /// `note` has already stored the journal.
    func keepNotes() {}

    func finish(_ manifest: BackupManifest) throws {
        // The manifest asserts that every file exists, so their directory entries must be durable before it is written; their contents
        // already are. One `sync` replaces an `fsync` for each of many folders.
        sync()
        try PrivateFile.replace(manifestFile, in: path, Array(manifest.text.utf8))
        // Removed last: without a manifest, the journal is needed to continue the backup.
        unlink(journalFile)
    }

    func manifest() throws -> BackupManifest {
        guard let text = try? String(contentsOfFile: manifestFile, encoding: .utf8) else { throw hasNoManifest }
        return try BackupManifest(text: text, path: manifestFile)
    }

    func metadata(_ file: String) async throws -> (bytes: Int, sha256: String)? {
        let file = local(file)
        do {
            return (Int(try FileReader(file).size()), try await FileDigest.sha256(ofFile: file))
        } catch ClientError.file(let path, let reason) {
            throw CommandError(.failed, "\(path) cannot be read: \(reason)")
        }
    }

    /// The file has just been checked.
    func lend<Value>(_ file: String, sha256: String, _ body: (String) async throws -> Value) async throws -> Value {
        try await body(local(file))
    }
}
