#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads small files that a configuration names, including pipes, as shells create them for `<(…)`.
enum ConfigurationFile {
    /// Larger than a kubeconfig of ten thousand clusters.
    static let maximumBytes = 16 << 20

    struct ReadError: Error, CustomStringConvertible {
        let path: String
        let code: Int32?
        var isMissing: Bool { code == ENOENT || code == ENOTDIR }

        var description: String {
            guard let code else { return "\(path) is larger than \(ConfigurationFile.maximumBytes >> 20) MiB" }
            return "\(path): \(String(cString: strerror(code)))"
        }
    }

    static func read(_ path: String) throws(ReadError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReadError(path: path, code: errno) }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { Self.read(descriptor, into: $0) }
            if count < 0 { throw ReadError(path: path, code: errno) }
            if count == 0 { return contents }
            contents.append(contentsOf: chunk[..<count])
            guard contents.count <= maximumBytes else { throw ReadError(path: path, code: nil) }
        }
    }

    private static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            // `readv`, because a plain `read` would call this type's own method.
            var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
            let count = readv(descriptor, &vector, 1)
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
