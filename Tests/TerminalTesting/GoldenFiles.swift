import Foundation
import Terminal
import Testing

/// Output as it has been looked at and found good, one file each in `Tests/Fixtures/pfctl`.
/// `PFCTL_RECORD=1 swift test --filter PFCtlTests` writes the files anew; look at what changed then.
enum Golden {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/pfctl").standardized

    static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["PFCTL_RECORD"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        #expect(text == kept, "\(name) differs", sourceLocation: sourceLocation)
    }
}
