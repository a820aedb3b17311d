import Files
import Foundation
import NIOCore
import PixelFlowCore
import Synchronization
import TestSupport
import Testing

@testable import PixelFlowEmbedded

/// The reserved space, and for whom it is reserved.
@Suite struct DiskReserveTests {
    private static let megabyte = 1 << 20

    @Test(arguments: [(UInt64(1000), UInt64(4096), 4_096_000), (.max, 4096, .max), (.max, 1, .max), (1 << 62, 8, .max)])
    func aDiskMayHaveNoLimit(blocks: UInt64, blockSize: UInt64, bytes: Int) {
        let room = DiskRoom(available: blocks, size: blocks, blockSize: blockSize)
        #expect(room == DiskRoom(available: bytes, size: bytes))
        #expect(DiskReserve { room }.lowWaterMark(of: room.size) > 0)
    }

    @Test(arguments: [
        // The smaller of 512 MiB and 5%, but at least the space for SQLite's log.
        (1 << 40, 512 * megabyte), (4096 * megabyte, 204 * megabyte), (100 * megabyte, 16 * megabyte), (40 * megabyte, 10 * megabyte),
        (0, 0),
    ])
    func theLowWaterMarkFollowsTheDisk(size: Int, mark: Int) {
        let reserve = DiskReserve { DiskRoom(available: 0, size: size) }
        #expect(reserve.lowWaterMark(of: size) / Self.megabyte == mark / Self.megabyte)
    }

    @Test func aReserveOfZeroHasNoLowWaterMark() {
        #expect(DiskReserve(bytes: 0) { DiskRoom(available: 0, size: 1 << 40) }.lowWaterMark(of: 1 << 40) == 0)
    }

    /// Free space that a test controls.
    private final class Room: Sendable {
        let available: Mutex<Int>
        init(_ available: Int) { self.available = Mutex(available) }
        func set(_ bytes: Int) { available.withLock { $0 = bytes } }
    }

    @Test func uploadsStopBeforeOutputsAndRemovalsNeverStop() async throws {
        let folder = try TemporaryFolder()
        let room = Room(100 * Self.megabyte)
        let reserve = DiskReserve { DiskRoom(available: room.available.withLock { $0 }, size: 100 * Self.megabyte) }
        let tasks = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        let store = EmbeddedBlobStore(files: try FileBlobStore(path: folder.path + "/blobs", reserve: reserve), tasks: tasks)
        let (first, second, third) = (BlobKey(rawValue: "t/a/source"), BlobKey(rawValue: "t/b/source"), BlobKey(rawValue: "t/c/source"))
        let (large, small) = (ByteBuffer(repeating: 1, count: 500_000), ByteBuffer(repeating: 1, count: 500))
        try await store.requireRoom()
        try await store.write(first, bytes: large)

        room.set(12 * Self.megabyte)
        for body in [large, ByteBuffer(repeating: 1, count: 100_000)] {
            let upload = await #expect(throws: PixelFlowError.self) { _ = try await store.write(second, from: stream(body)) }
            #expect(upload?.code == "insufficient_storage")
            #expect(upload?.kind == .insufficientStorage)
        }
        await #expect(throws: PixelFlowError.self) { try await store.requireRoom() }
        try await store.write(third, bytes: large)

        room.set(5 * Self.megabyte)
        for bytes in [large, small] {
            let output = await #expect(throws: PixelFlowError.self) { try await store.write(second, bytes: bytes) }
            #expect(output?.retry == .outage)
        }
        #expect(try await store.read(first, range: nil)?.collect() == large)
        try await store.remove(first)
        #expect(try await store.keys(BlobKey(rawValue: "t")) == [third])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/blobs/.partial").isEmpty)

        room.set(100 * Self.megabyte)
        try await store.requireRoom()
        #expect(try await store.write(second, from: stream(large)) == 500_000)
    }

    private func stream(_ bytes: ByteBuffer) -> ByteStream {
        AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            continuation.yield(bytes)
            continuation.finish()
        }
    }

    @Test func abandonedWritesAreRemoved() async throws {
        let folder = try TemporaryFolder()
        let store = try FileBlobStore(path: folder.path)
        let path = folder.path + "/.partial/hanging"
        try Data("bytes".utf8).write(to: URL(fileURLWithPath: path))
        let now = SystemClock().now()
        #expect(try await store.removeUnfinishedWrites(before: now - .seconds(3600)) == 0)
        #expect(try await store.removeUnfinishedWrites(before: now + .seconds(3600)) == 1)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}

/// The same with a disk that is really full.
@Suite(.enabled(if: TinyDisk.isPossible, "A tiny disk cannot be mounted here; that needs root."))
struct RealDiskReserveTests {
    /// Uploads until they are rejected; then clients can still delete, and upload again.
    @Test func deletingFreesAFullDisk() async throws {
        let disk = try TinyDisk(megabytes: 64)
        let path = disk.path
        let reserve = DiskReserve { try DiskRoom(path: path) }
        let tasks = try SQLiteTaskStore(path: path + "/tasks.sqlite")
        let store = EmbeddedBlobStore(files: try FileBlobStore(path: path + "/blobs", reserve: reserve), tasks: tasks)
        var accepted: [TaskRecord] = []
        let refusal = await #expect(throws: PixelFlowError.self) {
            for number in 0..<2000 {
                try await store.requireRoom()
                let task = Sample.task()
                // Large ones as files, small ones in SQLite.
                let size = number.isMultiple(of: 4) ? 300_000 : 40_000
                try await store.write(.upload(task.id, tenant: task.tenant), bytes: ByteBuffer(repeating: 7, count: size))
                guard case .created(let record) = try await tasks.create(task) else { throw PixelFlowError.notFound("task") }
                accepted.append(record)
            }
        }
        #expect(refusal?.code == "insufficient_storage")
        #expect(accepted.count > 100)
        // Outputs of tasks can still be stored, until shortly before the disk is full.
        let output = await #expect(throws: PixelFlowError.self) {
            for number in 0..<400 {
                try await store.write(BlobKey(rawValue: "tenant/outputs/1/1/\(number)"), bytes: ByteBuffer(repeating: 7, count: 200_000))
            }
        }
        #expect(output?.code == "insufficient_storage")
        #expect(output?.retry == .outage)
        #expect(try DiskRoom(path: path).available > 4 << 20)

        for task in accepted {
            #expect(try await tasks.find(task.id, of: task.tenant) != nil)
            #expect(try await tasks.delete(task.id, of: task.tenant) != nil)
            try await store.remove(task.blobPrefix)
            try await tasks.purge(task.id)
        }
        try await store.remove(BlobKey(rawValue: "tenant/outputs"))
        #expect(try await store.keys(BlobKey(rawValue: "tenant")).isEmpty)
        withExtendedLifetime(disk) {}
    }
}
