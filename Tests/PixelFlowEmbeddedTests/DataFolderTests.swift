import Conformance
import Deadlines
import Foundation
import PixelFlowCore
import PixelFlowEmbedded
import TestSupport
import Testing

@Suite struct DataFolderTests {
    let parent: TemporaryFolder
    var path: String { parent.path + "/data/pixelflow" }

    init() throws { parent = try TemporaryFolder() }

    @Test func createsTheFolderForItsOwnerOnly() throws {
        let folder = try DataFolder(path: path)
        let permissions = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
        #expect(permissions == 0o700)
    }

    @Test func keepsASecretForItsOwnerOnly() throws {
        let folder = try DataFolder(path: path)
        let secret = try DataFolder.secret(named: "service-secret", in: folder.path)
        #expect(secret.count == 44)
        #expect(try DataFolder.secret(named: "service-secret", in: folder.path) == secret)
        let permissions = try FileManager.default.attributesOfItem(atPath: path + "/service-secret")[.posixPermissions] as? Int
        #expect(permissions == 0o600)
        let other = try DataFolder(path: parent.path + "/other")
        #expect(try DataFolder.secret(named: "service-secret", in: other.path) != secret)
    }

    /// As a power failure may leave it, or an editor.
    @Test("a secret that is too short or not text is replaced", arguments: ["", "\n", "short", String(repeating: "\0", count: 45)])
    func replacesADamagedSecret(text: String) throws {
        let folder = try DataFolder(path: path)
        let file = path + "/service-secret"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try Data("half".utf8).write(to: URL(fileURLWithPath: file + ".partial"))
        let secret = try DataFolder.secret(named: "service-secret", in: folder.path)
        #expect(secret.count == 44)
        #expect(try DataFolder.secret(named: "service-secret", in: folder.path) == secret)
        #expect(!FileManager.default.fileExists(atPath: file + ".partial"))
        let permissions = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
    }

    @Test func keepsASecretOfTheOperator() throws {
        let folder = try DataFolder(path: path)
        let own = String(repeating: "ü", count: 32)
        try Data((own + "\n").utf8).write(to: URL(fileURLWithPath: path + "/service-secret"))
        #expect(try DataFolder.secret(named: "service-secret", in: folder.path) == own)
    }

    @Test func isHeldByOneInstance() async throws {
        var first: DataFolder? = try DataFolder(path: path)
        for _ in 0..<20 { expectLocked() }
        #expect(first?.path == path)
        first = nil
        try await opensAgain()
    }

    @Test func isHeldByOneProcess() async throws {
        _ = try DataFolder(path: path)
        let holder = try await LockHolder(file: path + "/lock")
        expectLocked()
        try holder.kill()
        try await opensAgain()
    }

    @Test func otherProcessesFindItHeld() async throws {
        let folder = try DataFolder(path: path)
        await #expect(throws: LockHolder.RefusedError.self) { try await LockHolder(file: folder.path + "/lock") }
        withExtendedLifetime(folder) {}
    }

    /// Processes with other data folders may use the same database or objects, also by another path.
    @Test func whatIsKeptElsewhereIsHeldToo() async throws {
        let (database, blobs) = (parent.path + "/disk/tasks.sqlite", parent.path + "/objects")
        let store = try FileBlobStore(path: blobs)
        _ = try SQLiteTaskStore(path: database)
        try FileManager.default.createSymbolicLink(atPath: parent.path + "/link.sqlite", withDestinationPath: database)
        try FileManager.default.createSymbolicLink(atPath: parent.path + "/link", withDestinationPath: blobs)
        var first: DataFolder? = try DataFolder(path: path, taskDatabase: database, blobs: blobs)
        #expect(first != nil)
        let other = parent.path + "/other"
        for (tasks, objects, name) in [
            (database, other, database), (parent.path + "/link.sqlite", other, parent.path + "/link.sqlite"),
            (other + "/tasks.sqlite", blobs, blobs), (other + "/tasks.sqlite", parent.path + "/link", parent.path + "/link"),
        ] {
            let error = #expect(throws: PixelFlowError.self) { try DataFolder(path: other, taskDatabase: tasks, blobs: objects) }
            #expect(error?.code == "data_folder_locked")
            #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
        }
        #expect(try await store.taskPrefixes(after: nil, limit: 10).isEmpty)
        first = nil
        _ = try await eventually("all of it to be free") { try? DataFolder(path: other, taskDatabase: database, blobs: blobs) }
    }

    /// Retries: a process that another test is starting inherits the lock until its own program begins.
    private func opensAgain() async throws {
        _ = try await eventually("the folder to be free") { try? DataFolder(path: path) }
    }

    @Test func namesAFolderItCannotCreate() throws {
        try Data().write(to: URL(fileURLWithPath: parent.path + "/file"))
        let wrong = parent.path + "/file/data"
        let error = #expect(throws: PixelFlowError.self) { try DataFolder(path: wrong) }
        #expect(error?.code == "data_folder_unusable")
        #expect(error?.message.contains(wrong) == true)
    }

    private func expectLocked(_ location: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: PixelFlowError.self, sourceLocation: location) { try DataFolder(path: path) }
        #expect(error?.code == "data_folder_locked", sourceLocation: location)
    }
}

/// Another process that holds a lock for at most a minute.
private struct LockHolder {
    struct RefusedError: Error {}

    private let process: RunningProcess

    /// - Throws: `RefusedError` if the lock is already held.
    init(file: String) async throws {
        let output = file + ".holder"
        // --no-fork, so that killing this process kills the one with the lock.
        let process = try RunningProcess(
            "/usr/bin/flock", ["--nonblock", "--no-fork", file, "sh", "-c", "echo held; exec sleep 60"], output: output)
        try await eventually("flock to respond") {
            if try String(contentsOfFile: output, encoding: .utf8) == "held\n" { return true }
            guard process.isRunning else { throw RefusedError() }
            return false
        }
        self.process = process
    }

    func kill() throws {
        process.signal(SIGKILL)
        try process.waitForExit("the holder of the lock to be gone")
    }
}
