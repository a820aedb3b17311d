import Foundation
import Synchronization

/// A process that this one has started, ended at the latest when nobody refers to it any more.
final class ChildProcess: Sendable {
    struct CannotStart: Error {
        let executable: String
        let code: Int32
    }

    let pid: pid_t
    private let state: ExitState

    /// - Parameters:
    ///   - output: the file that takes what it prints.
    ///   - errors: the file that takes what it logs.
    init(_ executable: String, _ arguments: [String], environment: [String: String], output: String, errors: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, executable, &actions, nil, words, variables)
        guard code == 0 else { throw CannotStart(executable: executable, code: code) }
        let state = ExitState()
        self.pid = pid
        self.state = state
        // Waiting blocks, so it has a thread of its own.
        Thread.detachNewThread { [pid] in
            var status: Int32 = 0
            // bounded: by whoever waits; nobody waits for this thread.
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            state.finish(status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f))
        }
    }

    deinit { signal(SIGKILL) }

    var isRunning: Bool { exitCode == nil }
    /// Nil while it runs.
    var exitCode: Int32? { state.code }

    func signal(_ number: Int32) {
        // Once it has been waited for, the number may be somebody else's.
        state.whileRunning { _ = Foundation.kill(pid, number) }
    }

    /// The exit code, or the negative number of the signal that ended it.
    func waitForExit() async -> Int32 {
        // bounded: by `LiveService.waitForExit`, the only caller that a test has.
        await withCheckedContinuation { state.onExit($0) }
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
