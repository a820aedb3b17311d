import Crypto
package import NIOCore
import NIOPosix
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a file from its start, on threads that may block.
///
/// `@unchecked Sendable`: the reading task waits for each chunk before it requests the next one.
package final class FileReader: @unchecked Sendable {
    private static let chunk = 256 * 1024

    private let path: String
    private let descriptor: Int32

    /// - Throws: `ClientError.file`.
    package init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClientError.file(path) }
        self.path = path
    }

    deinit { close(descriptor) }

    /// Bytes.
    package func size() throws -> Int64 {
        var metadata = stat()
        guard fstat(descriptor, &metadata) == 0 else { throw ClientError.file(path) }
        guard metadata.st_mode & S_IFMT == S_IFREG else { throw ClientError.file(path, reason: "not a file") }
        return Int64(metadata.st_size)
    }

    /// The next chunk; nil at the end.
    package func next() async throws -> ByteBuffer? {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var buffer = ByteBufferAllocator().buffer(capacity: Self.chunk)
            while true {
                let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.chunk) {
                    max(0, posixRead(descriptor, $0.baseAddress, Self.chunk))
                }
                if count > 0 { return buffer }
                if errno == 0 { return nil }
                if errno != EINTR { throw ClientError.file(path) }
            }
        }
    }
}

/// Leaves 0 in `errno` on success.
private func posixRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    errno = 0
    return read(descriptor, bytes, count)
}

extension ByteStream {
    /// The bytes of a file, read from its start each time.
    ///
    /// - Throws: `ClientError.file` while reading.
    public static func file(_ path: String) -> ByteStream {
        ByteStream {
            var reader: FileReader?
            return Iterator {
                let open = try reader ?? FileReader(path)
                reader = open
                return try await open.next()
            }
        }
    }
}

extension ClientError {
    /// With the reason of the last failed system call.
    static func file(_ path: String) -> ClientError { .file(path, reason: String(cString: strerror(errno))) }
}

/// The SHA-256 of a file, as in manifests.
public enum FileDigest {
    /// In lowercase hexadecimal. Reads the file in chunks.
    ///
    /// - Throws: `ClientError.file`.
    public static func sha256(ofFile path: String) async throws -> String {
        var digest = SHA256()
        for try await bytes in ByteStream.file(path) { bytes.withUnsafeReadableBytes { digest.update(bufferPointer: $0) } }
        return digest.finalize().hexadecimal
    }
}
