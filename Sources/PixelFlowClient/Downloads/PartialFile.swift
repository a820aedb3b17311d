import Crypto
import Files
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

/// A download: a draft in the folder of its final name, and the checksum of its bytes.
///
/// `@unchecked Sendable`: the writing task waits for each write before it starts the next one.
package final class PartialFile: @unchecked Sendable {
    private let path: String
    private let draft: DraftFile
    private var digest = SHA256()
    /// Bytes written so far.
    package private(set) var count: Int64 = 0

    /// - Parameter mode: the permissions of the file, before the umask is applied.
    /// - Throws: `ClientError.file`.
    package init(for path: String, mode: mode_t = 0o666) throws {
        self.path = path
        do {
            draft = try DraftFile("\(path).\(UInt64.random(in: 0 ... .max)).part", mode: mode)
        } catch {
            throw ClientError.file(path)
        }
    }

    /// Removes the draft. After `commit`, no file has this name any more.
    package func discard() { draft.discard() }

    package func append(_ bytes: ByteBuffer) async throws {
        try await change { [self] in
            try bytes.withUnsafeReadableBytes { try draft.append($0) }
            bytes.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
            count += Int64(bytes.readableBytes)
        }
    }

    /// Discards everything written.
    package func restart() async throws {
        try await change { [self] in
            try draft.restart()
            digest = SHA256()
            count = 0
        }
    }

    /// Renames the draft to its final name, replacing any existing file.
    ///
    /// - Returns: the SHA-256 of the file in hexadecimal.
    /// - Throws: `ClientError.wrongChecksum`, in which case nothing has changed.
    @discardableResult
    package func commit(expecting sha256: String? = nil) async throws -> String {
        try await change { [self] in
            let found = digest.finalize().hexadecimal
            if let sha256, sha256 != found { throw ClientError.wrongChecksum(expected: sha256, found: found) }
            // Before renaming: after a power failure, either the old or the new file exists.
            try draft.complete()
            do {
                try draft.rename(to: path)
            } catch {
                discard()
                throw error
            }
            return found
        }
    }

    /// - Throws: `ClientError.file` instead of `FileError`.
    private func change<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive { [path] in
            do { return try body() } catch is FileError { throw ClientError.file(path) }
        }
    }
}
