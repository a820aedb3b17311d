import Conformance
import Foundation
import Synchronization
import TestSupport

/// The running all-in-one executable with its own folder.
final class LiveService: Installation {
    struct NotReady: Error, CustomStringConvertible {
        let description: String
    }

    private let home: TemporaryFolder
    private let settings: [String: String]
    private let script: String?
    private let state: Mutex<(ports: Ports, process: RunningProcess?)>

    var data: String { home.path + "/data" }
    var ports: Ports { state.withLock(\.ports) }
    var pid: pid_t { state.withLock(\.process)?.pid ?? 0 }
    private var output: String { home.path + "/output" }
    private var errors: String { home.path + "/log" }

    /// - Parameters:
    ///   - settings: overrides of the defaults.
    ///   - script: a shell script to run it in a separate mount namespace; ends with `exec "$0"`.
    init(_ settings: [String: String] = [:], script: String? = nil) throws {
        home = try TemporaryFolder()
        self.settings = settings
        self.script = script
        state = Mutex((try Ports.free(), nil))
        try FileManager.default.createDirectory(atPath: home.path + "/data", withIntermediateDirectories: true)
    }

    /// Runs `body` with a service that is ready, and stops it in any case.
    static func run<Value>(
        _ settings: [String: String] = [:], script: String? = nil, _ body: (LiveService) async throws -> Value
    ) async throws -> Value {
        let service = try LiveService(settings, script: script)
        try await service.start()
        do {
            let value = try await body(service)
            await service.kill()
            return value
        } catch {
            await service.kill()
            throw error
        }
    }

    // MARK: Lifecycle

    /// Starts the service and returns once all ports are open.
    ///
    /// A port that was free may have been taken in the meantime. In this case, the first start chooses
    /// others; a later one must use the ports that its clients know, and retries.
    func start() async throws {
        let isFirst = outputText.isEmpty
        for _ in 0..<10 {
            if try await startOnce() { return }
            if isFirst {
                let ports = try Ports.free()
                state.withLock { $0.ports = ports }
            }
        }
        throw NotReady(description: "not ready after ten starts:\n\(logText.suffix(3000))")
    }

    private func startOnce() async throws -> Bool {
        let before = outputText.count
        let process = try spawn()
        state.withLock { $0.process = process }
        return try await eventually(within: .seconds(60), "the service to be ready") {
            if outputText.dropFirst(before).contains("PixelFlow is ready.") { return true }
            return process.isRunning ? nil : false
        }
    }

    /// Starts the executable with the service's settings, without waiting.
    func spawn(adding more: [String: String] = [:]) throws -> RunningProcess {
        let environment = self.environment.merging(more) { $1 }
        guard let script else {
            return try RunningProcess(Executable.pixelflow, [], environment: environment, output: output, errors: errors)
        }
        let arguments = ["-m", "--propagation", "private", "sh", "-c", script, Executable.pixelflow]
        return try RunningProcess("/usr/bin/unshare", arguments, environment: environment, output: output, errors: errors)
    }

    private var environment: [String: String] {
        let ports = ports
        let own = [
            "PIXELFLOW_DATA_DIR": data, "PIXELFLOW_WEB_PORT": "\(ports.web)", "PIXELFLOW_AUTH_PORT": "\(ports.auth)",
            "PIXELFLOW_API_PORT": "\(ports.api)", "PIXELFLOW_WORKER_PORT": "\(ports.worker)", "PIXELFLOW_AUTH_BCRYPT_COST": "4",
            // One user sends as much as thousands would.
            "PIXELFLOW_RATE_LIMITS": "off", "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        return own.merging(settings) { $1 }
    }

    /// Kills the service, like a power failure.
    func kill() async {
        guard let process = state.withLock(\.process) else { return }
        process.signal(SIGKILL)
        _ = await process.waitForExit()
    }

    /// Requests the service to stop.
    func terminate() { state.withLock(\.process)?.signal(SIGTERM) }

    /// The exit code, or the negative number of the signal.
    func waitForExit(within deadline: Duration = .seconds(60)) async throws -> Int32 {
        guard let process = state.withLock(\.process) else { return 0 }
        return try await within(deadline, "the service to end") { await process.waitForExit() }
    }

    // MARK: Traces

    var outputText: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
    var logText: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

    /// The render processes of the service.
    func renderProcesses() -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { candidate in
            guard let status = try? String(contentsOfFile: "/proc/\(candidate)/status", encoding: .utf8) else { return false }
            return status.contains("\nPPid:\t\(pid)\n")
        }.sorted()
    }
}
