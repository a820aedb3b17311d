#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Receives signals as bytes of a pipe, because a signal handler may do hardly more than write them. Unlike blocked signals, handlers are not
/// inherited by the programs that a command starts.
struct SignalPipe: ~Copyable {
    /// The end that the handler writes to.
    private nonisolated(unsafe) static var input: Int32 = -1
    private let output: Int32

    /// A signal that is ignored stays ignored, such as SIGINT of a background job of a script.
    init(_ signals: [Int32]) {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (output, Self.input) = (ends[0], ends[1])
        for number in signals {
            let before = signal(number) { number in
                let error = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalPipe.input, &byte, 1)
                errno = error
            }
            if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
    }

    /// Blocks until a signal arrives.
    func next() -> Int32 {
        while true {
            if let signal = read() { return signal }
        }
    }

    /// Blocks until a signal arrives; nil if none does in time.
    func next(within limit: Duration) -> Int32? {
        let end = ContinuousClock.now + limit
        while true {
            let rest = end - ContinuousClock.now
            guard rest > .zero else { return nil }
            var wanted = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let milliseconds = rest.components.seconds * 1_000 + rest.components.attoseconds / 1_000_000_000_000_000
            if poll(&wanted, 1, Int32(milliseconds) + 1) > 0, let signal = read() { return signal }
        }
    }

    /// Nil if a signal handler has interrupted the call.
    private func read() -> Int32? {
        var byte: UInt8 = 0
        #if canImport(Glibc)
        let count = Glibc.read(output, &byte, 1)
        #elseif canImport(Musl)
        let count = Musl.read(output, &byte, 1)
        #else
        let count = Darwin.read(output, &byte, 1)
        #endif
        return count == 1 ? Int32(byte) : nil
    }
}
