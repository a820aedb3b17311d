import Crypto
import FoundationEssentials
import NIOCore
import PixelFlowClient
import PixelFlowS3
import Synchronization
import Terminal
import WireFormats

/// A backup in a bucket, below a prefix. Its files are in a temporary folder while they are transferred.
final class BackupBucket: BackupLocation {
    static let kind = "bucket"
    /// Checks mostly wait for the network, so several run concurrently.
    static let checks = 8
    /// The minimum time between two uploads of the journal, which may take at most a tenth of the time.
    private static let notesInterval = Duration.seconds(10)
    /// In bytes; a manifest has a few hundred.
    private static let longestManifest = 1 << 20

    let name: String
    let address: String
    private let files: S3Folder
    private let work: TemporaryFolder
    private let nextNotes = Mutex(ContinuousClock.now + BackupBucket.notesInterval)

    /// - Throws: `CommandError` if the URL or its credentials are invalid.
    init(url: String, environment: [String: String]) throws {
        let files: S3Folder
        do throws(S3Folder.Failure) {
            files = try S3Folder(url: url, environment: environment)
        } catch {
            throw CommandError(error, nil)
        }
        self.files = files
        address = "\"\(url)\""
        name = "s3://\(files.bucket)" + (files.prefix.isEmpty ? "" : "/\(files.prefix)")
        work = try TemporaryFolder()
    }

    // MARK: Writing

    func prepare() async throws -> [String: BackedUpObject] {
        let isGoingOn = try await explained { try await requireRoom() }
        guard isGoingOn else { return [:] }
        let path = draft(BackupFile.journal)
        guard try await fetch(BackupFile.journal, to: path) else { return [:] }
        let noted = try work.folder.journal()
        var there: [String: BackedUpObject] = [:]
        try await explained {
            try await files.list { page in
                for file in page where file.name.hasPrefix(BackupFile.object("")) {
                    let key = String(file.name.dropFirst(BackupFile.object("").count))
                    if let object = noted[key], object.bytes == file.bytes { there[key] = object }
                }
            }
        }
        return there
    }

    /// - Returns: whether the location contains an unfinished backup.
    private func requireRoom() async throws -> Bool {
        var isGoingOn = false
        var others = false
        var hasManifest = false
        try await files.list { page in
            for file in page {
                if file.name == BackupFile.manifest { hasManifest = true }
                if BackupFile.isOfUnfinished(file.name.prefix { $0 != "/" }) { isGoingOn = true } else { others = true }
            }
        }
        guard !hasManifest else { throw isFinished }
        guard try await !files.isInsideAnInstallation() else {
            throw CommandError(
                .failed, "\(name) is in the bucket of an installation, which would treat the backup as its own objects",
                hint: "choose another bucket")
        }
        guard !others else { throw isNotEmpty }
        return isGoingOn
    }

    func draft(_ file: String) -> String { work.local(file) }

    func keep(_ file: String) async throws {
        try await send(file)
        try work.remove(file)
    }

    func note(_ objects: [BackedUpObject]) async throws {
        try work.folder.note(objects)
        if nextNotes.withLock({ $0 <= .now }) { try await keepNotes() }
    }

    func keepNotes() async throws {
        guard FileManager.default.fileExists(atPath: work.folder.journalFile) else { return }
        let start = ContinuousClock.now
        try await send(BackupFile.journal)
        let end = ContinuousClock.now
        let next = end + max(Self.notesInterval, (end - start) * 10)
        nextNotes.withLock { $0 = next }
    }

    func finish(_ manifest: BackupManifest) async throws {
        try work.folder.finish(manifest)
        try await keep(BackupFile.manifest)
        // Removed last: without a manifest, the journal is needed to continue the backup.
        try await explained { try await files.remove(BackupFile.journal) }
    }

    private func send(_ file: String) async throws {
        let path = work.local(file)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        try await explained { try await files.write(file, of: size, from: ByteStream.file(path)) }
    }

    // MARK: Reading

    func manifest() async throws -> BackupManifest {
        var bytes = ByteBuffer()
        let isThere = try await explained {
            try await files.read(BackupFile.manifest) { part in
                bytes.writeImmutableBuffer(part)
                guard bytes.readableBytes <= Self.longestManifest else {
                    throw CommandError(.failed, "\(name)/\(BackupFile.manifest) is not a backup manifest")
                }
            }
        }
        guard isThere else { throw hasNoManifest }
        return try BackupManifest(text: String(buffer: bytes), path: "\(name)/\(BackupFile.manifest)")
    }

    func metadata(_ file: String) async throws -> (bytes: Int, sha256: String)? {
        var (digest, count) = (SHA256(), 0)
        let isThere = try await explained {
            try await files.read(file) { part in
                part.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
                count += part.readableBytes
            }
        }
        return isThere ? (count, digest.finalize().hexadecimal) : nil
    }

    func lend<Value>(_ file: String, sha256: String, _ body: (String) async throws -> Value) async throws -> Value {
        let path = draft(file)
        do {
            guard try await fetch(file, to: path, sha256: sha256) else { throw isMissing(file) }
        } catch ClientError.wrongChecksum {
            throw hasChanged(file)
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(path)) } catch { result = .failure(error) }
        try work.remove(file)
        return try result.get()
    }

    private func fetch(_ file: String, to path: String, sha256: String? = nil) async throws -> Bool {
        let draft = try PartialFile(for: path, mode: 0o600)
        guard try await explained({ try await files.read(file) { try await draft.append($0) } }) else { return false }
        try await draft.commit(expecting: sha256)
        return true
    }

    private func explained<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as S3Folder.Failure {
            throw CommandError(failure, files)
        }
    }
}

extension CommandError {
    fileprivate init(_ failure: S3Folder.Failure, _ files: S3Folder?) {
        let server = files?.server ?? ""
        switch failure {
        case .invalid(let message):
            self.init(.usage, message.hasSuffix(".") ? String(message.dropLast()) : message)
        case .noBucket:
            self.init(
                .failed, "there is no bucket \(files?.bucket ?? "") at \(server)", hint: "make it, or add create_bucket=true to the address"
            )
        case .refused(let word):
            self.init(
                .unreachable, "\(server) refuses the request (\(word))",
                hint: "PIXELFLOW_S3_ACCESS_KEY and PIXELFLOW_S3_SECRET_KEY need to list, read, write and delete there")
        case .full: self.init(.failed, "\(server) has no room left")
        case .unreachable(let reason): self.init(.unreachable, "\(server) cannot be reached: \(reason)")
        }
    }
}
