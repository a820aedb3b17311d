#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A destination of text: a terminal, a pipe, a file, or memory in tests.
package protocol ConsoleStream: Sendable {
    /// The width of the terminal in columns; nil if it is not a terminal.
    var terminalWidth: Int? { get }
    /// Writes immediately, without splitting the text.
    func write(_ text: String) throws(WriteFailure)
}

/// Why text could not be written.
package enum WriteFailure: Error, Sendable, Hashable {
    /// The reader of the pipe is gone, as when `head` has read enough lines.
    case closed
    /// For a reason of the system, such as a full disk.
    case failed(String)

    /// What a user is told: nothing about a reader that wants no more.
    package var error: CommandError? {
        switch self {
        case .closed: nil
        case .failed(let reason): CommandError(.failed, "the output cannot be written: \(reason)")
        }
    }
}

extension ConsoleStream {
    package var isTerminal: Bool { terminalWidth != nil }
}

/// The output and input of a command.
package struct Console: Sendable {
    /// Standard output: data.
    package let output: any ConsoleStream
    /// Standard error: status, warnings and errors.
    package let status: any ConsoleStream

    package init(output: any ConsoleStream, status: any ConsoleStream) {
        self.output = output
        self.status = status
    }

    /// The standard streams of the process.
    package static var standard: Console { Console(output: DescriptorStream(1), status: DescriptorStream(2)) }
}

/// An unbuffered standard stream of the process.
package struct DescriptorStream: ConsoleStream {
    /// The width of a terminal that does not report its size, such as a serial one.
    private static let usualWidth = 80

    package let descriptor: Int32

    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    package var terminalWidth: Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return Self.usualWidth }
        return Int(size.ws_col)
    }

    package func write(_ text: String) throws(WriteFailure) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EPIPE {
                throw .closed
            } else if errno != EINTR && errno != EAGAIN {
                throw .failed(String(cString: strerror(errno)))
            }
        }
    }
}

private func posixWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
