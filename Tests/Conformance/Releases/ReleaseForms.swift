package import Foundation

/// The formats that releases write, stored in `Tests/Fixtures/releases` in a folder for each.
///
/// Everything that the current version writes must contain every field that a release has written, with the same type, because the
/// release may require it. To add a release, set `variable` to its version and run the tests that use this.
package enum ReleaseForms {
    package static let variable = "PIXELFLOW_RECORD_RELEASE"

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/releases")

    /// The versions with stored formats.
    package static var versions: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted() }
    }

    /// The bytes of one format of a release; if a release is to be recorded, first stores the current ones.
    package static func read(_ name: String, of version: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: version).appending(path: name)))
    }

    package static func recordIfAsked(_ name: String, _ bytes: [UInt8]) throws {
        guard let version = ProcessInfo.processInfo.environment[variable], !version.isEmpty else { return }
        let directory = folder.appending(path: version)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data(bytes).write(to: directory.appending(path: name))
    }

    /// The paths of fields that are in one document but missing in another, or have another type there.
    package static func missing(_ old: Any, in new: Any?, at path: String = "") -> [String] {
        switch (old, new) {
        case (let old as [String: Any], let new as [String: Any]):
            old.keys.sorted().flatMap { missing(old[$0] ?? NSNull(), in: new[$0], at: "\(path).\($0)") }
        case (let old as [Any], let new as [Any]):
            old.count == new.count ? old.indices.flatMap { missing(old[$0], in: new[$0], at: "\(path)[\($0)]") } : [path]
        case (is String, is String), (is NSNumber, is NSNumber): []
        default: [path]
        }
    }
}
