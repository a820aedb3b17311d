import Foundation
import Synchronization

/// The destination of formatted log lines. Lines are written completely and never interleaved.
package struct LogSink: Sendable {
    private let accept: @Sendable ([UInt8]) -> Void

    /// - Parameter accept: receives each line including its newline; called from any thread.
    package init(_ accept: @escaping @Sendable ([UInt8]) -> Void) {
        self.accept = accept
    }

    func write(_ line: [UInt8]) { accept(line) }

    package static let standardOutput = LogSink(descriptor: STDOUT_FILENO)
    package static let standardError = LogSink(descriptor: STDERR_FILENO)

    /// Writes to a file descriptor, which the caller must keep open.
    package init(descriptor: Int32) {
        let lock = DescriptorLock()
        self.init { line in
            lock.mutex.withLock { _ in Self.writeAll(line, to: descriptor) }
        }
    }

    /// If the log cannot be written, it is lost: there is nowhere to report this.
    private static func writeAll(_ line: [UInt8], to descriptor: Int32) {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

/// Prevents other threads from interleaving with a line that takes several calls of `write`.
private final class DescriptorLock: Sendable {
    let mutex = Mutex(())
}
