import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs a command as the whole process, and ends it in an orderly way when someone interrupts it.
///
/// The first SIGINT or SIGTERM cancels the task of the command, which then removes its drafts and returns. The process exits with 128 and the
/// number of the signal, as shells expect. A second signal, or a command that does not return in time, ends the process at once.
package enum CommandProcess {
    /// How long a cancelled command may take to return.
    private static let grace = Duration.seconds(10)

    /// - Parameter command: returns the exit code.
    package static func run(_ command: @escaping @Sendable () async -> ExitStatus) -> Never {
        // A write to a closed pipe fails instead, after which the command ends in an orderly way, too.
        signal(SIGPIPE, SIG_IGN)
        let signals = SignalPipe([SIGINT, SIGTERM])
        let interruption = Mutex<Int32?>(nil)
        // No `await` on this thread: an async main ends its thread, and unwinding it takes long in a statically linked executable.
        let task = Task.detached {
            let status = await command().rawValue
            exit(interruption.withLock { $0 }.map { 128 + $0 } ?? status)
        }
        let first = signals.next()
        interruption.withLock { $0 = first }
        task.cancel()
        let second = signals.next(within: grace)
        _exit(128 + (second ?? first))
    }
}
