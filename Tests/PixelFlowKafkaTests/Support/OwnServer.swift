import Conformance
import Foundation
import Glibc
import NIOCore
import NIOPosix
import PixelFlowCore
import PixelFlowKafka
import Testing

/// A Kafka-compatible server that a test starts, kills and robs of its data.
final class OwnServer {
    static let executable = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_KAFKA_SERVER"]
    static let comment: Comment = "needs PIXELFLOW_TEST_KAFKA_SERVER, the noida-db executable that `make stack-up` installs and names"

    let port: Int
    private let folder: URL
    private var process: Process?

    var url: String { "kafka://127.0.0.1:\(port)" }

    /// Not running yet.
    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "pixelflow-kafka-\(UUIDv7.make())")
        let probe = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(host: "127.0.0.1", port: 0).get()
        port = try #require(probe.localAddress?.port)
        try await probe.close()
    }

    func start() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.executable))
        process.arguments = ["start", "--data-dir", folder.path, "--only", "kafka", "--kafka-port", "\(port)"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try Self.hearing(SIGTERM) { try process.run() }
        self.process = process
    }

    /// Stops the server; what it has acknowledged is on disk then. Killed, the stand-in loses the last second.
    func stop(by signal: Int32 = SIGTERM) async throws {
        guard let process else { return }
        // The executable may be a script that waits for the server proper.
        let children = try Self.children(of: process.processIdentifier)
        for process in children.isEmpty ? [process.processIdentifier] : children { kill(process, signal) }
        _ = try await eventually("the server ends") { process.isRunning ? nil : true }
        self.process = nil
    }

    /// Removes everything that the server has stored.
    func wipe() throws { try FileManager.default.removeItem(at: folder) }

    func remove() async {
        try? await stop(by: SIGKILL)
        try? wipe()
    }

    /// Runs `body` and removes the server afterwards.
    static func with(_ body: (OwnServer) async throws -> Void) async throws {
        let server = try await OwnServer()
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
