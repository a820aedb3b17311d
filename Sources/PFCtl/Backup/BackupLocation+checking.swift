import NIOCore
import PixelFlowClient
import Terminal
import WireFormats

extension BackupLocation {
    /// Checks that every file exists and is unchanged.
    ///
    /// - Parameter progress: called with the number of objects checked so far.
    /// - Throws: `CommandError` that names the first missing or changed file.
    func check(_ manifest: BackupManifest, progress: (Int) -> Void = { _ in }) async throws {
        try await check(BackupFile.accounts, bytes: manifest.accounts.bytes, sha256: manifest.accounts.sha256)
        try await check(BackupFile.tasks, bytes: manifest.tasks.bytes, sha256: manifest.tasks.sha256)
        try await check(BackupFile.objects, bytes: nil, sha256: manifest.objects.sha256)
        let count = try await lend(BackupFile.objects, sha256: manifest.objects.sha256) { list in
            try await withThrowingTaskGroup(of: Void.self) { group in
                var (begun, done) = (0, 0)
                for try await object in BackedUpObject.all(inFile: list) {
                    if begun - done == Self.checks {
                        try await group.next()
                        done += 1
                        progress(done)
                    }
                    begun += 1
                    group.addTask { try await check(BackupFile.object(object.key), bytes: object.bytes, sha256: object.sha256) }
                }
                while try await group.next() != nil {
                    done += 1
                    progress(done)
                }
                return done
            }
        }
        guard count == manifest.objects.count else {
            throw CommandError(.failed, "\(name)/\(BackupFile.objects) lists \(count) objects instead of \(manifest.objects.count)")
        }
    }

    private func check(_ file: String, bytes: Int?, sha256: String) async throws {
        guard let found = try await metadata(file) else { throw isMissing(file) }
        guard bytes.map({ $0 == found.bytes }) ?? true, found.sha256 == sha256 else { throw hasChanged(file) }
    }
}

extension BackedUpObject {
    /// Reads the entries of a list of objects.
    static func all(inFile path: String) -> some AsyncSequence<BackedUpObject, any Error> {
        FileLines(path: path).map { line in
            guard let json = try? JSONValue(parsing: line.readableBytesView), let object = BackedUpObject(json) else {
                throw CommandError(.failed, "\(path) contains a line that is not an object")
            }
            return object
        }
    }
}
