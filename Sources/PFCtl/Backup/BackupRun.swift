import FoundationEssentials
import KubernetesClient
import NIOCore
import PixelFlowClient
import Terminal
import WireFormats

/// Copies an installation into a folder or a bucket: accounts, then tasks, then objects. In this order, every task in the backup has its
/// objects, unless they were deleted in the meantime.
struct BackupRun: Sendable {
    /// How many objects are read concurrently.
    private static let reads = 4

    let location: any BackupLocation
    let services: BackupServices
    let session: Session

    func run() async throws -> (manifest: BackupManifest, read: Int) {
        let known = try await location.prepare()
        // Both services are called before anything is read, so that a wrong URL is reported immediately.
        let (auth, api) = (try await services.report(.auth), try await services.report(.api))
        let time = session.now.text
        let accounts = try await rows(of: .auth, auth, into: BackupFile.accounts, "accounts")
        let tasks = try await rows(of: .api, api, into: BackupFile.tasks, "tasks")
        let (objects, read): (BackupManifest.Objects, Int)
        do {
            (objects, read) = try await self.objects(known)
        } catch {
            // Report the first error. If the journal cannot be stored, a continued backup reads more objects again.
            try? await location.keepNotes()
            throw error
        }
        let id = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }.hexadecimal
        let manifest = BackupManifest(id: id, time: time, accounts: accounts, tasks: tasks, objects: objects)
        try await location.finish(manifest)
        return (manifest, read)
    }

    // MARK: Rows

    private func rows(
        of service: PixelFlowClient.ArchivedService, _ report: ArchiveReport, into file: String, _ what: String
    ) async throws -> BackupManifest.Rows {
        session.status.show("reading \(what)")
        let rows = try await services.transfer(service) { client in
            let draft = try PartialFile(for: location.draft(file), mode: 0o600)
            do {
                let lines = RowLines(try await client.archivedRows(of: service), of: service.rawValue)
                let count = try await lines.write(to: draft) { session.status.show("reading \(what): \($0) rows", isPassing: true) }
                let (bytes, digest) = (Int(draft.count), try await draft.commit(expecting: lines.sha256))
                return BackupManifest.Rows(
                    form: report.form, schema: report.schema, release: report.release, rows: count, bytes: bytes, sha256: digest)
            } catch {
                draft.discard()
                throw error
            }
        }
        try await location.keep(file)
        return rows
    }

    // MARK: Objects

    private func objects(_ known: [String: BackedUpObject]) async throws -> (BackupManifest.Objects, read: Int) {
        session.status.show("reading objects")
        let list = try PartialFile(for: location.draft(BackupFile.objects), mode: 0o600)
        var (count, bytes, read) = (0, 0, 0)
        var next: String?
        repeat {
            let page = try await services.api.call { try await $0.archivedObjects(after: next) }
            let objects = try await copy(page.objects.map(\.key), known)
            try await location.note(objects.compactMap { $0.isNew ? $0.object : nil })
            try await list.append(ByteBuffer(string: objects.map { $0.object.json.text() + "\n" }.joined()))
            count += objects.count
            bytes += objects.reduce(0) { $0 + $1.object.bytes }
            read += objects.count { $0.isNew }
            session.status.show("reading objects: \(count), \(ByteText.of(bytes))", isPassing: true)
            next = page.next
        } while next != nil
        let sha256 = try await list.commit()
        try await location.keep(BackupFile.objects)
        return (BackupManifest.Objects(count: count, bytes: bytes, sha256: sha256), read)
    }

    /// Copies objects and keeps their order; those deleted in the meantime are left out.
    private func copy(
        _ keys: [String], _ known: [String: BackedUpObject]
    ) async throws -> [(object: BackedUpObject, isNew: Bool)] {
        try await withThrowingTaskGroup(of: (Int, BackedUpObject?, Bool).self) { group in
            var objects: [Int: (object: BackedUpObject, isNew: Bool)] = [:]
            func take(_ result: (Int, BackedUpObject?, Bool)) { objects[result.0] = result.1.map { ($0, result.2) } }
            for (index, key) in keys.enumerated() {
                if index >= Self.reads, let result = try await group.next() { take(result) }
                group.addTask {
                    if let object = known[key] { return (index, object, false) }
                    return (index, try await copy(key), true)
                }
            }
            for try await result in group { take(result) }
            return objects.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// Nil if the object has been deleted.
    private func copy(_ key: String) async throws -> BackedUpObject? {
        guard BackedUpObject.isSafe(key) else { throw CommandError(.failed, "the api lists an object with an unsafe key: \"\(key)\"") }
        let file = BackupFile.object(key)
        let draft = try location.draft(file)
        let object: BackedUpObject? = try await services.transfer(.api) { client in
            do {
                return try await copy(try await client.archivedObject(key), key, to: draft)
            } catch let problem as Problem where problem.status == 404 {
                return nil
            }
        }
        if object != nil { try await location.keep(file) }
        return object
    }

    private func copy(_ download: Download, _ key: String, to file: String) async throws -> BackedUpObject {
        let draft = try PartialFile(for: file, mode: 0o600)
        do {
            for try await bytes in download.bytes { try await draft.append(bytes) }
            guard download.length == draft.count else { throw ClientError.brokenOff("an object ended early") }
            let size = Int(draft.count)
            return BackedUpObject(key: key, bytes: size, sha256: try await draft.commit())
        } catch {
            draft.discard()
            throw error
        }
    }
}
