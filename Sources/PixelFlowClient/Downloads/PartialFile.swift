import Crypto
import NIOCore
import NIOPosix
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that has its name only once it is whole: until then it is beside it, under another.
///
/// Sendable unchecked: the task that writes waits for each piece before it writes the next.
final class PartialFile: @unchecked Sendable {
    private let path: String
    private let draft: String
    private let descriptor: Int32
    private var digest = SHA256()
    /// Bytes that are written.
    private(set) var count: Int64 = 0

    /// - Throws: `ClientError.file`.
    init(for path: String) throws {
        self.path = path
        draft = "\(path).\(UInt64.random(in: 0 ... .max)).part"
        descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw ClientError.file(path) }
    }

    /// Removes the draft, unless it was kept.
    deinit {
        close(descriptor)
        discard()
    }

    /// Removes the draft, unless it was kept: then it no longer has this name.
    func discard() { unlink(draft) }

    func append(_ bytes: ByteBuffer) async throws {
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
    func restart() async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw ClientError.file(path) }
            digest = SHA256()
            count = 0
        }
    }

    /// Gives the file its name, in the place of what has it now.
    ///
    /// - Throws: `ClientError.wrongChecksum`, and nothing has changed then.
    func commit(expecting sha256: String?) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            let found = digest.finalize().hexadecimal
            if let sha256, sha256 != found { throw ClientError.wrongChecksum(expected: sha256, found: found) }
            // On the disk before it has the name: a power cut leaves the old file or the new one.
            guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw ClientError.file(path) }
        }
    }
}
