import Foundation
package import PixelFlowCore

/// The space that is kept free on a disk, so that clients can still delete, sign in and read when it is nearly full.
///
/// Uploads stop at the low-water mark. Outputs of accepted tasks may use half of the remaining space; the other half is for SQLite,
/// whose log needs space before anything can be deleted.
package struct DiskReserve: Sendable {
    static let bytesSetting = Setting<Int>.integer(
        "PIXELFLOW_DISK_RESERVE_BYTES", default: 512 * 1024 * 1024, in: 0...1 << 40,
        help: "Uploads are refused with 507 while less than this, or less than PIXELFLOW_DISK_RESERVE_PERCENT of the disk, is free. "
            + "The smaller of the two applies, but at least 16 MiB on a disk of 64 MiB or more.")
    static let percentSetting = Setting<Int>.integer(
        "PIXELFLOW_DISK_RESERVE_PERCENT", default: 5, in: 0...50, help: "Percentage of the disk that uploads leave free.")

    package static let descriptions: [SettingDescription] = [bytesSetting.description, percentSetting.description]

    /// The maximum size of SQLite's log between two checkpoints, plus the pages that a checkpoint writes.
    static let logBytes = 16 * 1024 * 1024

    package var bytes: Int
    package var percent: Int
    /// Returns the free space of the disk.
    let room: @Sendable () throws -> DiskRoom

    /// - Parameter room: called before each upload and each write.
    package init(bytes: Int = 512 * 1024 * 1024, percent: Int = 5, room: @escaping @Sendable () throws -> DiskRoom) {
        self.bytes = bytes
        self.percent = percent
        self.room = room
    }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings, path: String) throws(PixelFlowError) {
        self.init(bytes: try settings[Self.bytesSetting], percent: try settings[Self.percentSetting]) { try DiskRoom(path: path) }
    }

    /// The purpose of a write.
    enum Purpose {
        case upload
        /// Outputs of an accepted task.
        case task
    }

    /// Returns if writing `size` bytes leaves the reserve free.
    ///
    /// - Throws: `insufficient_storage`.
    func require(_ size: Int, for purpose: Purpose) throws {
        let room = try room()
        let mark = lowWaterMark(of: room.size)
        let floor =
            switch purpose {
            case .upload: mark
            case .task: mark / 2
            }
        guard room.available - size < floor else { return }
        throw PixelFlowError.insufficientStorage(cause: LowWaterError(available: room.available, mark: mark))
    }

    /// Bytes that uploads must leave free on a disk of this size.
    func lowWaterMark(of size: Int) -> Int {
        guard bytes > 0, percent > 0 else { return 0 }
        return max(min(bytes, size / 100 * percent), min(Self.logBytes, size / 4))
    }
}

/// The size and free space of a file system in bytes.
package struct DiskRoom: Sendable, Hashable {
    package var available: Int
    package var size: Int

    package init(available: Int, size: Int) {
        self.available = available
        self.size = size
    }

    /// Of the file system that contains `path`.
    package init(path: String) throws {
        var metadata = statvfs()
        guard statvfs(path, &metadata) == 0 else { throw FileError.current("statvfs", path) }
        self.init(available: UInt64(metadata.f_bavail), size: UInt64(metadata.f_blocks), blockSize: UInt64(metadata.f_frsize))
    }

    /// In blocks. Some file systems report 2^64-1 of them if they have no limit.
    init(available: UInt64, size: UInt64, blockSize: UInt64) {
        func bytes(_ blocks: UInt64) -> Int {
            let (bytes, isOverflow) = blocks.multipliedReportingOverflow(by: blockSize)
            return Int(clamping: isOverflow ? .max : bytes)
        }
        self.init(available: bytes(available), size: bytes(size))
    }
}

/// The free space is below the limit.
struct LowWaterError: Error, CustomStringConvertible {
    let available: Int
    let mark: Int

    var description: String { "\(available) bytes are free, uploads stop at \(mark)" }
}
