import NIOCore
import PixelFlowClient
import Terminal
import WireFormats

extension BackupFolder {
    /// Whether every file is there and as it was written.
    ///
    /// - Parameter progress: is called with how many objects have been read.
    /// - Throws: `CommandError`, naming the first file that is not.
    func check(_ manifest: BackupManifest, progress: (Int) -> Void = { _ in }) async throws {
        try await check(accountsFile, bytes: manifest.accounts.bytes, sha256: manifest.accounts.sha256)
        try await check(tasksFile, bytes: manifest.tasks.bytes, sha256: manifest.tasks.sha256)
        try await check(objectsFile, bytes: nil, sha256: manifest.objects.sha256)
        var count = 0
        for try await object in objects() {
            try await check(objectFile(object.key), bytes: object.bytes, sha256: object.sha256)
            count += 1
            progress(count)
        }
        guard count == manifest.objects.count else {
            throw CommandError(.failed, "\(objectsFile) has \(count) objects and not \(manifest.objects.count)")
        }
    }

    /// The list of the objects.
    func objects() -> some AsyncSequence<BackedUpObject, any Error> {
        FileLines(path: objectsFile).map { line in
            guard let json = try? JSONValue(parsing: line.readableBytesView), let object = BackedUpObject(json) else {
                throw CommandError(.failed, "\(objectsFile) has a line that is no object")
            }
            return object
        }
    }

    private func check(_ file: String, bytes: Int?, sha256: String) async throws {
        let found: String
        do {
            let size = try FileReader(file).size()
            guard bytes.map({ Int64($0) == size }) ?? true else { throw Self.changed(file) }
            found = try await FileDigest.sha256(ofFile: file)
        } catch ClientError.file(let path, let reason) {
            throw CommandError(.failed, "\(path) cannot be read: \(reason)")
        }
        guard found == sha256 else { throw Self.changed(file) }
    }

    private static func changed(_ file: String) -> CommandError {
        CommandError(.failed, "\(file) is not the file that was written", hint: "use another backup, or another copy of this one")
    }
}
