import Conformance
import Deadlines
import Foundation
import PixelFlowCore
import PixelFlowEmbedded
import Testing

@Suite struct DataFolderTests {
    let parent: TemporaryFolder
    var path: String { parent.path + "/data/pixelflow" }

    init() throws { parent = try TemporaryFolder() }

    @Test func makesTheFolderForItsOwnerAlone() throws {
        let folder = try DataFolder(path: path)
        let permissions = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
        #expect(permissions == 0o700)
    }

    @Test func keepsASecretForItsOwnerAlone() throws {
        let folder = try DataFolder(path: path)
        let secret = try DataFolder.secret(named: "service-secret", in: folder.path)
        #expect(secret.count == 44)
        #expect(try DataFolder.secret(named: "service-secret", in: folder.path) == secret)
        let permissions = try FileManager.default.attributesOfItem(atPath: path + "/service-secret")[.posixPermissions] as? Int
        #expect(permissions == 0o600)
        let other = try DataFolder(path: parent.path + "/other")
        #expect(try DataFolder.secret(named: "service-secret", in: other.path) != secret)
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
        let holder = try LockHolder(file: path + "/lock")
        expectLocked()
        holder.kill()
        try await opensAgain()
    }

    @Test func otherProcessesFindItHeld() throws {
        let folder = try DataFolder(path: path)
        #expect(throws: LockHolder.Refused.self) { try LockHolder(file: folder.path + "/lock") }
        withExtendedLifetime(folder) {}
    }

    /// A process that another test is just starting has a copy of the lock until its own program begins.
    private func opensAgain() async throws {
        _ = try await eventually("the folder to be free") { try? DataFolder(path: path) }
    }

    @Test func namesAFolderItCannotMake() throws {
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

/// Another process that holds a lock.
private final class LockHolder {
    struct Refused: Error {}

    private let process = Process()
    private let input = Pipe()

    /// - Throws: `Refused` where the lock is held already.
    init(file: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        // --no-fork, so that killing this process kills the one that has the lock.
        process.arguments = ["--nonblock", "--no-fork", file, "sh", "-c", "echo held; exec cat"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        guard Self.firstByte(of: output) == UInt8(ascii: "h") else {
            try process.waitForExit("flock to refuse")
            throw Refused()
        }
    }

    /// Not by `FileHandle`, which ends the process where a signal interrupts its reading.
    private static func firstByte(of pipe: Pipe) -> UInt8? {
        var byte: UInt8 = 0
        var count = 0
        repeat { count = read(pipe.fileHandleForReading.fileDescriptor, &byte, 1) } while count < 0 && errno == EINTR
        return count == 1 ? byte : nil
    }

    deinit { kill() }

    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        do { try process.waitForExit("the holder of the lock to be gone") } catch { Issue.record(error) }
    }
}
