import Foundation

/// Inputs that users have reported as rendered incorrectly: see `Tests/Fixtures/Field/README.md`.
enum FieldFile {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/Field").standardized

    static func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }
}

/// Files with layouts that the available encoders cannot write.
enum LayoutFile {
    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: FieldFile.folder.appending(path: "../Layouts/\(name)").standardized)
    }
}
