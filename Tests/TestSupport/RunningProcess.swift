package import Deadlines
import Foundation
package import Glibc
import Synchronization

/// A process that a test has started, killed at the latest when the last reference is released. Tests start processes only here.
///
/// Not with swift-subprocess, whose processes live within one call: a test starts a server in one function, signals it in a second and
/// awaits its end in a third. Not with `Foundation.Process` either, which passes on the signal mask of test threads, in which SIGTERM
/// is blocked.
package final class RunningProcess: Sendable {
    package struct SpawnError: Error {
        package let executable: String
        package let code: Int32
    }

    package let pid: pid_t
    private let state: ExitState

    /// - Parameters:
    ///   - executable: a path, or a name that is looked up in `PATH`.
    ///   - environment: by default that of the tests.
    ///   - input: the file that is its standard input.
    ///   - output: the file to which its standard output is appended.
    ///   - errors: the file to which its standard error is appended.
    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil, input: String = "/dev/null",
        output: String = "/dev/null", errors: String = "/dev/null"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        for descriptor in 3...Self.highestDescriptor { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // Ignored if the tests run in the background of a script.
        var interrupt = sigset_t()
        sigemptyset(&interrupt)
        sigaddset(&interrupt, SIGINT)
        posix_spawnattr_setsigdefault(&attributes, &interrupt)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let environment = environment ?? ProcessInfo.processInfo.environment
        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, executable, &actions, &attributes, words, variables)
        guard code == 0 else { throw SpawnError(executable: executable, code: code) }
        let state = ExitState()
        self.pid = pid
        self.state = state
        // Waiting blocks, so it needs its own thread.
        Thread.detachNewThread { [pid] in
            var status: Int32 = 0
            // bounded: by whoever waits; nothing waits for this thread.
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            state.finish(status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f))
        }
    }

    deinit { signal(SIGKILL) }

    /// With a margin for descriptors that other threads open meanwhile.
    private static var highestDescriptor: Int32 {
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return (open.compactMap { Int32($0) }.max() ?? 0) + 64
    }

    package var isRunning: Bool { exitCode == nil }
    /// The exit code, or the negative number of the signal that ended it; nil while it runs.
    package var exitCode: Int32? { state.code }

    package func signal(_ number: Int32) {
        // Once the process has been reaped, another one may have its id.
        state.whileRunning { _ = Foundation.kill(pid, number) }
    }

    /// The exit code, or the negative number of the signal that ended it.
    package func waitForExit() async -> Int32 {
        // bounded: by `within` of the callers.
        await withCheckedContinuation { state.onExit($0) }
    }

    /// Blocks the thread until the process ends, and kills it after `limit`.
    ///
    /// - Returns: like `exitCode`.
    /// - Throws: `DeadlineExceeded` with `what` after the limit.
    @discardableResult
    package func waitForExit(
        within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line
    ) throws -> Int32 {
        let end = ContinuousClock.now + limit
        while true {
            if let exitCode { return exitCode }
            guard ContinuousClock.now < end else {
                signal(SIGKILL)
                throw DeadlineExceeded(what, limit: limit, file: file, line: line)
            }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }
}

/// How a process ended, once it has.
private final class ExitState: Sendable {
    private let state = Mutex((code: Int32?.none, waiting: [CheckedContinuation<Int32, Never>]()))

    var code: Int32? { state.withLock(\.code) }

    func whileRunning(_ body: () -> Void) {
        state.withLock { if $0.code == nil { body() } }
    }

    func finish(_ code: Int32) {
        let waiting = state.withLock { state in
            state.code = code
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: code) }
    }

    func onExit(_ continuation: CheckedContinuation<Int32, Never>) {
        let code = state.withLock { state in
            if state.code == nil { state.waiting.append(continuation) }
            return state.code
        }
        if let code { continuation.resume(returning: code) }
    }
}
