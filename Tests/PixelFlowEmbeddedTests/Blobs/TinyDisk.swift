import Foundation
import TestSupport

/// An in-memory file system of a few megabytes, unmounted with this object.
final class TinyDisk: Sendable {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    /// Whether this process is allowed to mount it.
    static let isPossible = (try? TinyDisk()) != nil

    init(megabytes: Int = 1) throws {
        let folder = try TemporaryFolder()
        try Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path)
        self.folder = folder
    }

    deinit { try? Self.run("umount", "--lazy", path) }

    private static func run(_ arguments: String...) throws {
        guard try Command.run(arguments[0], Array(arguments.dropFirst())).status == 0 else { throw CocoaError(.featureUnsupported) }
    }
}
