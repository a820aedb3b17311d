import Foundation

/// Writes animations of one pixel, to test large numbers of frames.
enum GIF {
    static func animation(frames: Int) -> Data {
        var file = Data("GIF89a".utf8) + Data([1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255])
        // Delay, position and size, and one pixel as LZW codes: clear, 0 or 1, end.
        for frame in 0..<frames {
            file += Data([0x21, 0xF9, 4, 0, 2, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, frame % 2 == 0 ? 0x44 : 0x4C, 1, 0])
        }
        return file + Data([0x3B])
    }
}
