import Crypto
import Hummingbird
import NIOCore
import PixelFlowCore
import WireFormats

/// Encodes rows as lines of JSON, with a last line that confirms that none is missing.
enum ArchiveLines {
    static let mediaType = "application/x-ndjson"

    /// A response that reads the rows as fast as the client accepts them.
    static func response(_ rows: ArchivedRows, isHead: Bool) -> Response {
        Response(
            status: .ok, headers: [.contentType: mediaType, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                if !isHead {
                    var digest = SHA256()
                    var count = 0
                    for try await page in rows where !page.isEmpty {
                        let lines = ByteBuffer(string: page.map { $0.json.text() + "\n" }.joined())
                        digest.update(data: lines.readableBytesView)
                        count += page.count
                        try await writer.write(lines)
                    }
                    let end: JSONValue = ["rows": .integer(count), "sha256": .string(digest.finalize().hexadecimal)]
                    try await writer.write(ByteBuffer(string: end.text() + "\n"))
                }
                try await writer.finish(nil)
            })
    }

    /// - Throws: `archive_row_invalid`, with the number of the line.
    static func rows(_ body: ByteBuffer) throws(PixelFlowError) -> [ArchiveRow] {
        var rows: [ArchiveRow] = []
        for (number, line) in zip(1..., body.readableBytesView.split(separator: UInt8(ascii: "\n"))) {
            guard let json = try? JSONValue(parsing: line), let row = ArchiveRow(json) else {
                throw .archiveRowInvalid("Line \(number) is no row.")
            }
            rows.append(row)
        }
        return rows
    }
}
