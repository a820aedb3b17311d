import Foundation

/// Output that somebody has looked at and found good, one file each in `Tests/Fixtures/PROGRAM`.
/// `PIXELFLOW_TEST_RECORD=1 swift test --filter GoldenTests` writes the files anew; look at what changed then.
package struct GoldenFiles: Sendable {
    private let folder: URL

    package init(of program: String) {
        folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(program)").standardized
    }

    /// What has been found good; the text itself where files are written anew.
    package func kept(_ name: String, recording text: String) throws -> String {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["PIXELFLOW_TEST_RECORD"] == "1" {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        return try String(contentsOf: file, encoding: .utf8)
    }
}
