import NIOCore
import PixelFlowClient
import Synchronization
import Terminal
import WireFormats

/// Rows as a service sends them: lines, and a last one that tells how many there were and what digest they have.
final class RowLines: Sendable {
    /// Bytes of a last line; a row may be longer.
    private static let longestEnd = 200

    private let download: Download
    private let service: String
    private let digest = Mutex<String?>(nil)

    /// What the service says of the lines; nil before they are written.
    var sha256: String? { digest.withLock { $0 } }

    init(_ download: Download, of service: String) {
        self.download = download
        self.service = service
    }

    /// Writes all lines but the last to a file.
    ///
    /// - Returns: how many.
    /// - Throws: `ClientError.brokenOff` if the last one does not come, or says something else.
    func write(to file: PartialFile, progress: (Int) -> Void) async throws -> Int {
        // The last line is known only at the end, so that a line is held back.
        var held = ByteBuffer()
        var count = 0
        for try await var bytes in download.bytes {
            held.writeBuffer(&bytes)
            guard let cut = Self.startOfLastLine(held), let lines = held.readSlice(length: cut) else { continue }
            count += lines.readableBytesView.count { $0 == UInt8(ascii: "\n") }
            try await file.append(lines)
            held.discardReadBytes()
            progress(count)
        }
        guard held.readableBytes < Self.longestEnd, let end = try? JSONValue(parsing: held.readableBytesView),
            let rows = end["rows"]?.intValue, let sha256 = end["sha256"]?.stringValue
        else { throw ClientError.brokenOff("the rows of \(service) end early") }
        guard rows == count else { throw ClientError.brokenOff("\(count) of \(rows) rows of \(service) have come") }
        digest.withLock { $0 = sha256 }
        return count
    }

    /// Where the last line that has begun starts; nil if nothing is before it.
    private static func startOfLastLine(_ bytes: ByteBuffer) -> Int? {
        let view = bytes.readableBytesView
        // The line that ends the bytes, or the one after it.
        guard let end = view.dropLast().lastIndex(of: UInt8(ascii: "\n")) else { return nil }
        return end - view.startIndex + 1
    }
}

/// Sizes for people.
enum ByteText {
    static func of(_ bytes: Int) -> String {
        let units = ["kB", "MB", "GB", "TB"]
        guard bytes >= 1_000 else { return "\(bytes) B" }
        var (value, unit) = (Double(bytes) / 1_000, 0)
        while value >= 999.95, unit < units.count - 1 { (value, unit) = (value / 1_000, unit + 1) }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
