import CSandbox
import Glibc

/// An anonymous file in memory that the service and one render process share.
struct MemoryFile {
    let descriptor: Int32

    /// The size kept between jobs; anything above it is returned to the system.
    private static let kept = 1 << 20

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// - Throws: `SystemError` if the system is out of memory or descriptors.
    init(named name: String) throws {
        var made: Int32 = -1
        try SystemError.check(pf_sandbox_memory_file(name, &made), "memfd_create")
        descriptor = made
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw SystemError(call: "pwrite", code: errno) }
            done += written
        }
    }

    /// - Throws: `SystemError` if the file is shorter than declared.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw SystemError(call: "pread", code: got < 0 ? errno : EIO) }
            done += got
        }
    }

    /// Maps `count` bytes from the start for reading. Only for the render process: a truncated file kills the process that reads it.
    func withMapping<Output>(_ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Output) throws -> Output {
        guard count > 0, let start = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw SystemError(call: "mmap", code: errno)
        }
        defer { munmap(start, count) }
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Releases the memory of a large job.
    func trim() {
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_size > MemoryFile.kept { _ = ftruncate(descriptor, 0) }
    }

    func close() { _ = Glibc.close(descriptor) }
}

/// A failed system call.
struct SystemError: Error, CustomStringConvertible {
    let call: String
    let code: Int32

    var description: String { "\(call): \(String(cString: strerror(code)))" }

    static func check(_ code: Int32, _ call: String) throws {
        if code != 0 { throw SystemError(call: call, code: code) }
    }
}
