import Foundation
import TestSupport

/// A picture of four colours in a JPEG with an EXIF orientation.
enum Orientation {
    static let (width, height) = (64, 48)

    /// Red, green, blue and white, from the top left to the bottom right of the upright picture.
    static func color(_ x: Int, _ y: Int) -> (UInt8, UInt8, UInt8) {
        switch (x < width / 2, y < height / 2) {
        case (true, true): (255, 0, 0)
        case (false, true): (0, 255, 0)
        case (true, false): (0, 0, 255)
        case (false, false): (255, 255, 255)
        }
    }

    /// A JPEG whose pixels are stored so that EXIF orientation `number`, 1 to 8, turns them upright.
    static func jpeg(_ number: Int) async throws -> Data {
        let folder = try TemporaryFolder()
        let (png, jpeg) = (folder.path + "/stored.png", folder.path + "/stored.jpg")
        let isTurned = number >= 5
        try PNG.image(width: isTurned ? height : width, height: isTurned ? width : height) { x, y in
            let point = upright(x, y, number)
            return color(point.0, point.1)
        }.write(to: URL(fileURLWithPath: png))
        _ = try await Command.output("/usr/bin/vips", "copy", png, jpeg + "[Q=95,subsample-mode=off]")
        return withOrientation(number, try Data(contentsOf: URL(fileURLWithPath: jpeg)))
    }

    /// The position of a stored pixel in the upright picture (EXIF 2.32, tag 274).
    private static func upright(_ x: Int, _ y: Int, _ number: Int) -> (Int, Int) {
        switch number {
        case 2: (width - 1 - x, y)
        case 3: (width - 1 - x, height - 1 - y)
        case 4: (x, height - 1 - y)
        case 5: (y, x)
        case 6: (width - 1 - y, x)
        case 7: (width - 1 - y, height - 1 - x)
        case 8: (y, height - 1 - x)
        default: (x, y)
        }
    }

    /// Inserts an EXIF block that contains only the orientation after the start of the file.
    private static func withOrientation(_ number: Int, _ jpeg: Data) -> Data {
        let tiff: [UInt8] = [
            0x49, 0x49, 0x2A, 0x00, 0x08, 0x00, 0x00, 0x00, 0x01, 0x00,
            0x12, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, UInt8(number), 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        ]
        let content = Data("Exif".utf8) + Data([0, 0]) + Data(tiff)
        let length = content.count + 2
        return jpeg.prefix(2) + Data([0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)]) + content + jpeg.dropFirst(2)
    }
}
