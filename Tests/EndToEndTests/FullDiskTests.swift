import Conformance
import Foundation
import PixelFlowCore
import Testing

extension EndToEnd {
    /// A disk without room: nothing is half-done, and all goes on once there is room again.
    @Suite(.enabled("needs the right to mount a small disk in a namespace of its own") { await SmallDisk.isPermitted })
    struct FullDiskTests {
        @Test func anUploadIsRefusedAndWorksLater() async throws {
            try await SmallDisk.run { service, disk in
                let ada = try await Person.signedIn(to: service)
                #expect(try await ada.process(PNG.noise(width: 32, height: 32, seed: 1)).status == .completed)
                try disk.fill(leaving: 0)
                let image = PNG.noise(width: 200, height: 200, seed: 2)
                let refused = try await ada.post(image)
                #expect(refused.status == 503, "\(refused.text)")
                #expect(["blob_store_unavailable", "task_database_unavailable"].contains(refused.code))
                #expect(refused.header("retry-after") != nil)
                disk.free()
                #expect(try await ada.process(image).status == .completed)
                // Of the refused upload there is no trace.
                let tasks = try await ada.get("/api/tasks").object()["tasks"] as? [Any]
                #expect(tasks?.count == 2)
                #expect(try await ada.get("/readyz").status == 200)
            }
        }

        @Test func aTaskIsTriedAgainUntilItsOutputsFit() async throws {
            try await SmallDisk.run { service, disk in
                let ada = try await Person.signedIn(to: service)
                // Uploaded small, and four megabytes large as it comes out.
                try disk.fill(leaving: 2 << 20)
                let reply = try await ada.post(
                    PNG.noise(width: 100, height: 100, seed: 3),
                    pipeline: #"{"outputs":[{"name":"large","operations":[{"op":"resize","width":1200,"enlarge":true}],"format":"png"}]}"#)
                try #require(reply.status == 202, "\(reply.text)")
                let id = try reply.task().id
                let waiting = try await ada.wait(for: id, "a first failure") { $0.error != nil }
                #expect(waiting.error?.code == "blob_store_unavailable")
                #expect(!waiting.status.isFinal)
                disk.free()
                let task = try await ada.final(id)
                #expect(task.status == .completed)
                // An outage of ours is not the image's fault.
                #expect(task.attempts == 1)
                #expect(try await ada.download("large", of: id).count == task.outputs[0].bytes)
            }
        }
    }
}

/// The small disk that a service has its data on.
struct SmallDisk: Sendable {
    private let filler: String

    /// Whether this process may mount; containers often may not.
    static var isPermitted: Bool {
        get async {
            let mount = "mount -t tmpfs pixelflow-test /mnt"
            return (try? await Command.run("/usr/bin/unshare", "-m", "--propagation", "private", "sh", "-c", mount)) != nil
        }
    }

    /// Runs a service on a disk of 16 MB.
    static func run(_ body: (LiveService, SmallDisk) async throws -> Void) async throws {
        try await LiveService.run(["PIXELFLOW_TEST_DISK": "16m"], script: LiveService.onSmallDisk) { service in
            // Only the service sees the mount; others reach it through the service's root.
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
        // What was written last may be half a block.
        if rest > 0 { try #require(ftruncate(descriptor, off_t(max(0, size - rest))) == 0) }
    }

    func free() { unlink(filler) }
}
