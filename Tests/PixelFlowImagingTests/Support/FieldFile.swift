import Foundation

/// The inputs that came out wrong for somebody: see `Tests/Fixtures/Field/README.md`.
enum FieldFile {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/Field").standardized

    static func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }
}

/// Files of layouts that the encoders at hand do not write.
enum LayoutFile {
    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: FieldFile.folder.appending(path: "../Layouts/\(name)").standardized)
    }
}
