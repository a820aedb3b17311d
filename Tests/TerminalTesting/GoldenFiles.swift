import Foundation

/// Approved output, in one file each in `Tests/Fixtures/PROGRAM`.
/// `PIXELFLOW_TEST_RECORD=1 swift test --filter GoldenTests` rewrites the files; review the changes afterwards.
package struct GoldenFiles: Sendable {
    private let folder: URL

    package init(of program: String) {
        folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(program)").standardized
    }

    /// The approved text; the given text itself if files are being rewritten.
    package func kept(_ name: String, recording text: String) throws -> String {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["PIXELFLOW_TEST_RECORD"] == "1" {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        return try String(contentsOf: file, encoding: .utf8)
    }
}
