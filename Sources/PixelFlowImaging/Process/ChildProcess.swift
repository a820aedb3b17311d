import CSandbox
import Glibc
import Synchronization

/// One running render process, seen from the service.
final class ChildProcess: Sendable {
    let channel: Channel
    let input: MemoryFile
    let output: MemoryFile
    /// The process, until it has been reaped: after that its number may belong to another one.
    private let process: Mutex<pid_t?>

    /// Starts a process and waits until it is locked in and ready.
    ///
    /// - Throws: `SystemFailure`.
    init(_ configuration: RenderPool.Configuration) throws {
        var pair: [Int32] = [-1, -1]
        try SystemFailure.check(pf_sandbox_socketpair(&pair), "socketpair")
        defer { _ = Glibc.close(pair[1]) }
        channel = Channel(descriptor: pair[0])
        do {
            input = try MemoryFile(named: "pixelflow-input")
        } catch {
            _ = Glibc.close(pair[0])
            throw error
        }
        do {
            output = try MemoryFile(named: "pixelflow-output")
        } catch {
            _ = Glibc.close(pair[0])
            input.close()
            throw error
        }
        process = Mutex(nil)
        let started = try ChildProcess.spawn(configuration, socket: pair[1], input: input, output: output)
        process.withLock { $0 = started }
        guard channel.receive(until: .now + configuration.startLimit) == .message(WireMessage(.ready)) else {
            kill()
            throw SystemFailure(call: "render process did not start", code: EPROTO)
        }
    }

    deinit {
        end()
        _ = Glibc.close(channel.descriptor)
        input.close()
        output.close()
    }

    var identifier: pid_t? { process.withLock { $0 } }

    /// Ends the process at once; whoever waits for its answer sees the socket close.
    func kill() {
        process.withLock { if let process = $0 { _ = Glibc.kill(process, SIGKILL) } }
    }

    /// Ends the process and takes its exit status, as words for the log.
    @discardableResult
    func end() -> String {
        process.withLock { process in
            guard let number = process else { return "gone already" }
            var status: Int32 = 0
            _ = Glibc.kill(number, SIGKILL)
            while waitpid(number, &status, 0) < 0 && errno == EINTR {}
            process = nil
            return status & 0x7f == 0 ? "exit \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
        }
    }

    /// Bytes in memory right now, or nil where the process is gone.
    var residentBytes: Int? {
        guard let identifier, let file = fopen("/proc/\(identifier)/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int(fields[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    private static func spawn(
        _ configuration: RenderPool.Configuration, socket: Int32, input: MemoryFile, output: MemoryFile
    ) throws -> pid_t {
        let arguments = ["pixelflow-render", RenderProcess.argument, "\(getpid())", "\(configuration.addressSpace)"]
        var process: pid_t = 0
        let error = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                pf_sandbox_spawn(configuration.executable, arguments, environment, socket, input.descriptor, output.descriptor, &process)
            }
        }
        try SystemFailure.check(error, "posix_spawn")
        return process
    }

    /// Nothing of the service's environment: it holds secrets. Only where to find shared libraries.
    private static var environment: [String] {
        guard let path = getenv("LD_LIBRARY_PATH") else { return [] }
        return ["LD_LIBRARY_PATH=\(String(cString: path))"]
    }

    private static func withCStrings<Output>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Output) -> Output {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}
