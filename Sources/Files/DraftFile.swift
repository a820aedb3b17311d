import Synchronization

#if canImport(Glibc)
public import Glibc
#elseif canImport(Musl)
public import Musl
#else
public import Darwin
#endif

/// A file that gets its final name only when it is complete. Until then it has a name of its own, and it is removed unless it is renamed.
public final class DraftFile: Sendable {
    private let path: String
    /// -1 once it is closed.
    private let descriptor: Mutex<Int32>

    /// - Parameters:
    ///   - path: must not exist; in the file system of the final name.
    ///   - mode: the permissions, before the umask is applied.
    public init(_ path: String, mode: mode_t) throws(FileError) {
        self.path = path
        let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        descriptor = Mutex(opened)
        guard opened >= 0 else { throw FileError.current("open", path) }
    }

    deinit {
        let open = descriptor.withLock { $0 }
        guard open >= 0 else { return }
        close(open)
        unlink(path)
    }

    /// Removes the file. After `rename`, no file has the name of the draft any more.
    public func discard() { unlink(path) }

    public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try withDescriptor { descriptor throws(FileError) in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard written >= 0 || errno == EINTR else { throw FileError.current("write", path) }
                rest = rest.dropFirst(max(0, written))
            }
        }
    }

    public func append(_ bytes: [UInt8]) throws(FileError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<Void, FileError> in Result { () throws(FileError) in try append(bytes) } }
        try result.get()
    }

    /// Discards everything written.
    public func restart() throws(FileError) {
        try withDescriptor { descriptor throws(FileError) in
            guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw FileError.current("truncate", path) }
        }
    }

    /// Ends writing. A full disk may be reported only here.
    ///
    /// - Parameters:
    ///   - isDurable: whether the contents survive a power failure. Otherwise the file may be empty after one.
    ///   - isLenient: whether a file system that cannot do this is accepted.
    public func complete(isDurable: Bool = true, isLenient: Bool = false) throws(FileError) {
        let open = descriptor.withLock { descriptor in
            defer { descriptor = -1 }
            return descriptor
        }
        var failure: FileError?
        if isDurable, fsync(open) != 0, !(isLenient && errno == EINVAL) { failure = FileError.current("fsync", path) }
        if close(open) != 0, failure == nil { failure = FileError.current("close", path) }
        guard let failure else { return }
        unlink(path)
        throw failure
    }

    /// Gives a complete file its final name, and replaces any file of this name. The draft remains if this fails; see `discard`.
    public func rename(to target: String) throws(FileError) {
        guard move(path, target) == 0 else { throw FileError.current("rename", target) }
    }

    private func withDescriptor(_ body: (Int32) throws(FileError) -> Void) throws(FileError) {
        let descriptor = descriptor.withLock { $0 }
        guard descriptor >= 0 else { throw FileError(call: "write", path: path, code: EBADF) }
        try body(descriptor)
    }
}

/// Under another name than the method that calls it.
private func move(_ old: String, _ new: String) -> Int32 { rename(old, new) }
