import Conformance
import Foundation
package import Glibc
import NIOCore
import NIOPosix
import PixelFlowCore

/// A server that a test starts, kills and robs of its data.
package final class ServerProcess {
    /// On the loopback address, the same for each start.
    package let port: Int
    private let executable: String
    private let folder: URL
    private var process: Process?

    /// Not running yet.
    private init(_ executable: String) async throws {
        self.executable = executable
        folder = FileManager.default.temporaryDirectory.appending(path: "pixelflow-server-\(UUIDv7.make())")
        let probe = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(host: "127.0.0.1", port: 0).get()
        port = probe.localAddress?.port ?? 0
        try await probe.close()
    }

    /// Starts the server on what it has stored; it need not answer yet.
    ///
    /// - Parameter arguments: made from the folder in which the server is to keep its data.
    package func start(_ arguments: (_ data: String) -> [String]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments(folder.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try Self.hearing(SIGTERM) { try process.run() }
        self.process = process
    }

    /// Stops the server; what it has acknowledged is on disk then. Killed, some lose the last second.
    package func stop(by signal: Int32 = SIGTERM) async throws {
        guard let process else { return }
        // The executable may be a script that waits for the server proper.
        let children = try Self.children(of: process.processIdentifier)
        for process in children.isEmpty ? [process.processIdentifier] : children { kill(process, signal) }
        _ = try await eventually("the server ends") { process.isRunning ? nil : true }
        self.process = nil
    }

    /// Sends a signal to the server, which goes on: SIGSTOP and SIGCONT pause it.
    package func send(_ signal: Int32) throws {
        guard let process else { return }
        let children = try Self.children(of: process.processIdentifier)
        for process in children.isEmpty ? [process.processIdentifier] : children { kill(process, signal) }
    }

    /// Removes everything that the server has stored.
    package func wipe() throws { try FileManager.default.removeItem(at: folder) }

    private func remove() async {
        try? await stop(by: SIGKILL)
        try? wipe()
    }

    /// Runs `body` with a server that is not running yet, and removes the server afterwards.
    package static func with(_ executable: String, _ body: (ServerProcess) async throws -> Void) async throws {
        let server = try await ServerProcess(executable)
        do {
            try await body(server)
            await server.remove()
        } catch {
            await server.remove()
            throw error
        }
    }

    /// The threads that run tests have signals blocked, and processes that they start would, too.
    private static func hearing(_ signal: Int32, _ body: () throws -> Void) rethrows {
        var wanted = sigset_t()
        var former = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, signal)
        pthread_sigmask(SIG_UNBLOCK, &wanted, &former)
        defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
        try body()
    }

    private static func children(of process: Int32) throws -> [Int32] {
        try String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8).split(separator: " ").compactMap {
            Int32($0)
        }
    }
}
