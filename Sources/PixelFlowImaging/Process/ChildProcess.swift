import CSandbox
import Glibc
import Synchronization

/// A running render process, as seen by the service.
final class ChildProcess: Sendable {
    let channel: Channel
    let input: MemoryFile
    let output: MemoryFile
    fileprivate struct State {
        /// The process, until it has been reaped: afterwards, another process may have its id.
        var process: pid_t?
        /// Whether the service has killed it. All other kills come from outside.
        var isKilled = false
        var end = ProcessEnd.unknown
    }

    private let state: Mutex<State>

    /// Starts a process and waits until it is sandboxed and ready.
    ///
    /// - Throws: `SystemError`.
    init(_ configuration: RenderPool.Configuration) throws {
        var pair: [Int32] = [-1, -1]
        try SystemError.check(pf_sandbox_socketpair(&pair), "socketpair")
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
        state = Mutex(State())
        let started = try ChildProcess.spawn(configuration, socket: pair[1], input: input, output: output)
        state.withLock { $0.process = started }
        guard channel.receive(until: .now + configuration.startLimit) == .message(WireMessage(.ready)) else {
            kill()
            throw SystemError(call: "render process did not start", code: EPROTO)
        }
    }

    deinit {
        end()
        _ = Glibc.close(channel.descriptor)
        input.close()
        output.close()
    }

    var identifier: pid_t? { state.withLock { $0.process } }

    /// Kills the process immediately. A caller that waits for its reply sees the socket close.
    func kill() {
        state.withLock { state in
            guard let process = state.process else { return }
            state.isKilled = true
            _ = Glibc.kill(process, SIGKILL)
        }
    }

    /// Waits for the exit of a process that this service has not killed, and returns how it ended.
    ///
    /// Its socket closes a moment before its status is available. A process that has only closed its socket is killed.
    func ended(within limit: Duration = .seconds(1)) -> ProcessEnd {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let end = state.withLock({ $0.reap(waiting: false) }) { return end }
            usleep(500)
        }
        return end()
    }

    /// Kills the process if it still runs, and returns how it ended.
    @discardableResult
    func end() -> ProcessEnd {
        state.withLock { state in
            guard let process = state.process else { return state.end }
            // A process that has already exited keeps its own status.
            if let end = state.reap(waiting: false) { return end }
            state.isKilled = true
            _ = Glibc.kill(process, SIGKILL)
            return state.reap(waiting: true) ?? .unknown
        }
    }

    /// Limits the CPU time of the next job, in case the deadline fails to stop it.
    func allowProcessorTime(_ seconds: Int) throws {
        guard let identifier else { return }
        try SystemError.check(pf_sandbox_limit_processor_time(identifier, UInt64(seconds)), "prlimit")
    }

    /// Current resident memory in bytes, or nil if the process is gone.
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
        let arguments = ["pixelflow-render", RenderProcess.argument, "\(getpid())", "\(configuration.processMemory)"]
        var process: pid_t = 0
        let error = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                pf_sandbox_spawn(configuration.executable, arguments, environment, socket, input.descriptor, output.descriptor, &process)
            }
        }
        try SystemError.check(error, "posix_spawn")
        return process
    }

    /// Only the path of shared libraries. Everything else in the service's environment is withheld, because it contains secrets.
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

extension ChildProcess.State {
    /// Collects the status of the process; nil while it runs.
    fileprivate mutating func reap(waiting: Bool) -> ProcessEnd? {
        guard let process else { return end }
        var how: Int32 = 0
        var number: Int32 = 0
        guard pf_sandbox_reap(process, waiting ? 1 : 0, &how, &number) == 0 else {
            self.process = nil
            return end
        }
        if how == Int32(PF_SANDBOX_RUNNING) { return nil }
        self.process = nil
        end = ProcessEnd(isSignal: how == Int32(PF_SANDBOX_SIGNALLED), number: number, wasKilledHere: isKilled)
        return end
    }
}

/// How a render process ended.
enum ProcessEnd: Equatable, CustomStringConvertible {
    case exit(Int32)
    /// By a signal that the process caused: a fault, an abort, a forbidden system call, too much CPU time.
    case fault(Int32)
    /// By a signal from outside: from the kernel because of a lack of memory, or from an operator.
    case killedFromOutside(Int32)
    /// By this service.
    case killed
    case unknown

    /// A render process cannot send itself any of these: its system-call filter allows only an abort.
    private static let outside: Set<Int32> = [SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPWR]

    init(isSignal: Bool, number: Int32, wasKilledHere: Bool) {
        guard isSignal else {
            self = .exit(number)
            return
        }
        guard ProcessEnd.outside.contains(number) else {
            self = .fault(number)
            return
        }
        self = wasKilledHere && number == SIGKILL ? .killed : .killedFromOutside(number)
    }

    var description: String {
        switch self {
        case .exit(let status): "exit \(status)"
        case .fault(let signal), .killedFromOutside(let signal): "signal \(signal)"
        case .killed: "killed"
        case .unknown: "gone already"
        }
    }
}
