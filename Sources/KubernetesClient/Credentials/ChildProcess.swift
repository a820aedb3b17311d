#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A command whose output is read; its messages go where ours go.
struct ChildProcess: Sendable {
    let executable: String
    let arguments: [String]
    let environment: [String: String]
    /// Whether it may ask questions on our input.
    let inheritsInput: Bool

    /// More than a certificate chain and its key.
    private static let maximumOutput = 1 << 20

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Blocks its thread until the command ends.
    func run(timeout: Duration) throws(Failure) -> [UInt8] {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(description: "cannot be started: \(Self.message(errno))") }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child: pid_t
        do {
            defer { close(ends[1]) }
            child = try spawn(output: ends[1])
        }
        let output = Self.read(ends[0], until: .now + timeout)
        if output == nil { kill(child, SIGKILL) }
        let status = Self.wait(for: child)
        guard let output else { throw Failure(description: "did not end in \(timeout), or printed too much") }
        guard status & 0x7F == 0 else { throw Failure(description: "was ended by signal \(status & 0x7F)") }
        guard status >> 8 & 0xFF == 0 else { throw Failure(description: "failed with exit status \(status >> 8 & 0xFF)") }
        return output
    }

    private func spawn(output: Int32) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        if !inheritsInput { posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) }
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, nil, &argv, &envp)
        guard code == 0 else { throw Failure(description: "cannot be started: \(Self.message(code))") }
        return child
    }

    /// Nil if it takes too long or is too much.
    private static func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> [UInt8]? {
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while output.count <= maximumOutput {
            let left = deadline - .now
            guard left > .zero else { return nil }
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, Int32(clamping: left.components.seconds * 1_000 + 1)) > 0 else { continue }
            let count = chunk.withUnsafeMutableBytes { readOnce(descriptor, $0) }
            if count <= 0 { return output }
            output.append(contentsOf: chunk[..<count])
        }
        return nil
    }

    private static func readOnce(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return readv(descriptor, &vector, 1)
    }

    private static func wait(for child: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private static func message(_ code: Int32) -> String { String(cString: strerror(code)) }
}
