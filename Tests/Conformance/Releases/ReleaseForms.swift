package import Foundation

/// What releases write, as `Tests/Fixtures/releases` keeps it: a folder for each.
///
/// Whatever the version of today writes has to have every field that a release has written, of the same type: the release may
/// require it. To add a release, set `variable` to its version and run the tests that use this.
package enum ReleaseForms {
    package static let variable = "PIXELFLOW_RECORD_RELEASE"

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/releases")

    /// The versions of which there are forms.
    package static var versions: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted() }
    }

    /// The bytes of one form in one release; first writes those of today where a release is to be recorded.
    package static func read(_ name: String, of version: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: version).appending(path: name)))
    }

    package static func recordIfAsked(_ name: String, _ bytes: [UInt8]) throws {
        guard let version = ProcessInfo.processInfo.environment[variable], !version.isEmpty else { return }
        let place = folder.appending(path: version)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data(bytes).write(to: place.appending(path: name))
    }

    /// The paths of fields that a form has and another lacks or has with another type.
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
