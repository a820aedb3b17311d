import Crypto
import FoundationEssentials
import Terminal
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A temporary folder that only its owner can read. It is removed with the last reference to it.
final class TemporaryFolder: Sendable {
    let folder: BackupFolder

    /// - Throws: `CommandError`.
    init() throws {
        let parent = FileManager.default.temporaryDirectory.path
        var template = Array("\(parent.hasSuffix("/") ? String(parent.dropLast()) : parent)/pfctl-XXXXXX".utf8CString)
        // `mkdtemp` creates it with mode 0700.
        guard mkdtemp(&template) != nil else { throw PrivateFile.failure(parent) }
        folder = BackupFolder(path: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.path) }

    /// The path of a file. Objects are stored without their folders here; otherwise there would be one folder per task.
    func local(_ file: String) -> String {
        folder.local(file.contains("/") ? SHA256.hash(data: Array(file.utf8)).hexadecimal : file)
    }

    /// - Throws: `CommandError`.
    func remove(_ file: String) throws {
        guard unlink(local(file)) == 0 else { throw PrivateFile.failure(local(file)) }
    }
}
