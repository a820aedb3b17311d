import Foundation
import TestSupport

/// Files in many formats, created with the command-line tool of libvips instead of the code under
/// test.
struct Pictures: Sendable {
    private let folder: TemporaryFolder

    private init(folder: TemporaryFolder) { self.folder = folder }

    /// Creates a photograph-like source picture.
    static func make() async throws -> Pictures {
        let pictures = Pictures(folder: try TemporaryFolder())
        // Soft shapes with a little grain: some 40 kB as a JPEG of quality 80.
        try PNG.image(width: 480, height: 360) { x, y in
            let wave = sin(Double(x) / 37) * cos(Double(y) / 29) * 80
            let grain = Double((x &* 7919 &+ y &* 104_729) % 31)
            func level(_ value: Double) -> UInt8 { UInt8(min(255, max(0, value))) }
            return (level(120 + wave + grain), level(100 + wave / 2 + Double(y) / 4), level(60 + Double(x) / 4 + grain))
        }.write(to: URL(fileURLWithPath: pictures.path("original.png")))
        return pictures
    }

    func path(_ name: String) -> String { folder.path + "/" + name }
    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

    /// The picture in another format; `photo.jpg[Q=80]` passes options to libvips.
    func saved(as name: String) async throws -> Data {
        _ = try await Command.output("/usr/bin/vips", "copy", path("original.png"), path(name))
        return try data(String(name.prefix { $0 != "[" }))
    }

    /// The picture after one operation of libvips.
    func saved(as name: String, after operation: String, _ argument: String) async throws -> Data {
        _ = try await Command.output("/usr/bin/vips", operation, path("original.png"), path("step.v"), argument)
        _ = try await Command.output("/usr/bin/vips", "copy", path("step.v"), path(name))
        return try data(String(name.prefix { $0 != "[" }))
    }

    /// Red, green and blue of a pixel in any file that libvips supports.
    static func pixel(of file: Data, x: Int, y: Int) async throws -> [Int] {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        try file.write(to: URL(fileURLWithPath: path))
        let text = try await Command.output("/usr/bin/vips", "getpoint", path, "\(x)", "\(y)")
        return text.split(separator: " ").compactMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.map {
            Int($0.rounded())
        }
    }

    /// A header field, such as `width` or `bands`.
    static func header(_ field: String, of file: Data) async throws -> String {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        try file.write(to: URL(fileURLWithPath: path))
        return try await Command.output("/usr/bin/vipsheader", "-f", field, path).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
