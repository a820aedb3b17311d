import Foundation
import TestSupport

/// An in-memory file system of a few megabytes, unmounted with this object.
final class TinyDisk: Sendable {
    let path: String

    /// Whether this process is allowed to mount it.
    static let isPossible = (try? TinyDisk()) != nil

    init(megabytes: Int = 1) throws {
        path = FileManager.default.temporaryDirectory.path + "/pixelflow-disk-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        do {
            try Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    deinit {
        try? Self.run("umount", "--lazy", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func run(_ arguments: String...) throws {
        guard try Command.run(arguments[0], Array(arguments.dropFirst())).status == 0 else { throw CocoaError(.featureUnsupported) }
    }
}
