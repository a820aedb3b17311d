import Crypto
package import NIOCore
import NIOPosix
import WireFormats

#if canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#else
package import Darwin
#endif

/// A file that has its name only once it is whole: until then it is beside it, under another.
///
/// Sendable unchecked: the task that writes waits for each piece before it writes the next.
package final class PartialFile: @unchecked Sendable {
    private let path: String
    private let draft: String
    private let descriptor: Int32
    private var digest = SHA256()
    /// Bytes that are written.
    package private(set) var count: Int64 = 0

    /// - Parameter mode: of the file, less the umask.
    /// - Throws: `ClientError.file`.
    package init(for path: String, mode: mode_t = 0o666) throws {
        self.path = path
        draft = "\(path).\(UInt64.random(in: 0 ... .max)).part"
        descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw ClientError.file(path) }
    }

    /// Removes the draft, unless it was kept.
    deinit {
        close(descriptor)
        discard()
    }

    /// Removes the draft, unless it was kept: then it no longer has this name.
    package func discard() { unlink(draft) }

    package func append(_ bytes: ByteBuffer) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var rest = bytes.readableBytesView[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                guard written >= 0 || errno == EINTR else { throw ClientError.file(path) }
                rest = rest.dropFirst(max(0, written))
            }
            bytes.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
            count += Int64(bytes.readableBytes)
        }
    }

    /// Forgets what was written.
    package func restart() async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw ClientError.file(path) }
            digest = SHA256()
            count = 0
        }
    }

    /// Gives the file its name, in the place of what has it now.
    ///
    /// - Returns: the SHA-256 of the file, in hexadecimal digits.
    /// - Throws: `ClientError.wrongChecksum`, and nothing has changed then.
    @discardableResult
    package func commit(expecting sha256: String? = nil) async throws -> String {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            let found = digest.finalize().hexadecimal
            if let sha256, sha256 != found { throw ClientError.wrongChecksum(expected: sha256, found: found) }
            // On the disk before it has the name: a power cut leaves the old file or the new one.
            guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw ClientError.file(path) }
            return found
        }
    }
}
