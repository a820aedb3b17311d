import Foundation
import TestSupport
import Testing

/// The small disk with a service's data.
struct SmallDisk: Sendable {
    private let filler: String

    /// Mounts the disk and then runs the service on it.
    private static let script = """
        mount -t tmpfs -o size="$PIXELFLOW_TEST_DISK" pixelflow-test "$PIXELFLOW_DATA_DIR" && exec "$0"
        """

    /// Whether this process is allowed to mount, which containers often are not.
    static var isPermitted: Bool {
        get async {
            let mount = "mount -t tmpfs pixelflow-test /mnt"
            return (try? await Command.output("/usr/bin/unshare", "-m", "--propagation", "private", "sh", "-c", mount)) != nil
        }
    }

    /// Runs a service on a disk of 16 MB.
    static func run(_ body: (LiveService, SmallDisk) async throws -> Void) async throws {
        try await LiveService.run(["PIXELFLOW_TEST_DISK": "16m"], script: script) { service in
            // The mount is visible only to the service; others access it through the service's root.
            try await body(service, SmallDisk(filler: "/proc/\(service.pid)/root\(service.data)/filler"))
        }
    }

    /// Fills the disk.
    func fill(leaving rest: Int) throws {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        var size = 0
        while write(descriptor, block, block.count) == block.count { size += block.count }
        // The last write may be only half a block.
        if rest > 0 { try #require(ftruncate(descriptor, off_t(max(0, size - rest))) == 0) }
    }

    func free() { unlink(filler) }
}
