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
    func write(_ text: String)
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

    /// Ignores that the reader of stdout is gone, as when `head` has read enough lines.
    package func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EPIPE {
                exit(ExitStatus.failed.rawValue)
            } else if errno != EINTR && errno != EAGAIN {
                return
            }
        }
    }
}

private func posixWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
