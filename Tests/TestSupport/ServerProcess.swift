import Deadlines
import Foundation
package import Glibc

/// A server that a test starts, kills, and whose data it can delete.
package final class ServerProcess {
    /// On the loopback address, the same after each start.
    package let port: Int
    private let executable: String
    private let folder: TemporaryFolder
    private var process: RunningProcess?

    /// Does not start the server.
    private init(_ executable: String) throws {
        self.executable = executable
        folder = try TemporaryFolder()
        port = try FreePorts.next()
    }

    /// Starts the server with its stored data; it may not respond yet.
    ///
    /// - Parameter arguments: receives the folder for the server's data.
    package func start(_ arguments: (_ data: String) -> [String]) throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        process = try RunningProcess(executable, arguments(folder.path))
    }

    /// Stops the server after it has written everything acknowledged to disk. Some servers lose the last second if they are killed.
    package func stop(by signal: Int32 = SIGTERM) async throws {
        guard let process else { return }
        try send(signal)
        try await eventually("the server ends") { !process.isRunning }
        self.process = nil
    }

    /// Sends a signal to the server, which must survive it: SIGSTOP and SIGCONT pause it.
    package func send(_ signal: Int32) throws {
        guard let process, process.isRunning else { return }
        // The executable may be a script that waits for the actual server.
        let children = try Self.children(of: process.pid)
        for process in children.isEmpty ? [process.pid] : children { kill(process, signal) }
    }

    /// Removes all data of the server.
    package func wipe() throws { try FileManager.default.removeItem(atPath: folder.path) }

    /// Runs `body` with a server that has not been started, and removes the server afterwards.
    package static func with(_ executable: String, _ body: (ServerProcess) async throws -> Void) async throws {
        let server = try ServerProcess(executable)
        do {
            try await body(server)
            try? await server.stop(by: SIGKILL)
        } catch {
            try? await server.stop(by: SIGKILL)
            throw error
        }
    }

    private static func children(of process: Int32) throws -> [Int32] {
        try String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8).split(separator: " ").compactMap {
            Int32($0)
        }
    }
}
