import NIOCore
import PixelFlowClient
import Synchronization
import Terminal
import WireFormats

/// Rows as sent by a service: one line per row, and a last line with the number of rows and their digest.
final class RowLines: Sendable {
    /// The maximum length of the last line in bytes; a row may be longer.
    private static let longestEnd = 200

    private let download: Download
    private let service: String
    private let digest = Mutex<String?>(nil)

    /// The SHA-256 from the last line; nil until `write` has returned.
    var sha256: String? { digest.withLock { $0 } }

    init(_ download: Download, of service: String) {
        self.download = download
        self.service = service
    }

    /// Writes all lines except the last one to a file.
    ///
    /// - Returns: the number of rows.
    /// - Throws: `ClientError.brokenOff` if the last line is missing or does not match.
    func write(to file: PartialFile, progress: (Int) -> Void) async throws -> Int {
        // Only the end of the stream shows which line is the last one, so one line is held back.
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
        else { throw ClientError.brokenOff("the rows of \(service) ended early") }
        guard rows == count else { throw ClientError.brokenOff("received only \(count) of \(rows) rows of \(service)") }
        digest.withLock { $0 = sha256 }
        return count
    }

    /// The start of the last line, complete or not; nil if there is no line end before it.
    private static func startOfLastLine(_ bytes: ByteBuffer) -> Int? {
        let view = bytes.readableBytesView
        // The last line of the bytes may be complete or not.
        guard let end = view.dropLast().lastIndex(of: UInt8(ascii: "\n")) else { return nil }
        return end - view.startIndex + 1
    }
}

/// Formats sizes for people.
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
