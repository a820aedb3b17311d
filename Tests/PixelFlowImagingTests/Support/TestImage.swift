import Foundation
import PixelFlowCore

@testable import PixelFlowImaging

/// Pictures that the tests generate.
enum TestImage {
    static let red: [UInt8] = [255, 0, 0]
    static let green: [UInt8] = [0, 255, 0]
    static let blue: [UInt8] = [0, 0, 255]
    static let white: [UInt8] = [255, 255, 255]

    /// Red and green at the top, blue and white at the bottom.
    static func quarters(_ width: Int = 64, _ height: Int = 48) throws -> Image {
        try made(width, height, bands: 3) { x, y in
            y < height / 2 ? (x < width / 2 ? red : green) : (x < width / 2 ? blue : white)
        }
    }

    /// Soft waves with some noise, about as compressible as a photograph.
    static func photo(_ width: Int = 640, _ height: Int = 480) throws -> Image {
        var state: UInt32 = 12345
        return try made(width, height, bands: 3) { x, y in
            state = state &* 1_664_525 &+ 1_013_904_223
            let noise = Int(state >> 28)
            let wave = Int(60 * sin(Double(x) / 23) + 60 * cos(Double(y) / 17))
            return [UInt8(120 + wave / 2 + noise), UInt8(110 - wave / 2 + noise), UInt8(130 + wave / 3 + noise)]
        }
    }

    static func made(_ width: Int, _ height: Int, bands: Int, _ pixel: (Int, Int) -> [UInt8]) throws -> Image {
        try VipsLibrary.start()
        var pixels: [UInt8] = []
        for y in 0..<height { for x in 0..<width { pixels += pixel(x, y) } }
        let image = try Image.copying(pixels, width: width, height: height, bands: bands)
        return try image.applying("copy", ["interpretation": bands < 3 ? .grey : .sRGB])
    }

    static func data(_ image: Image, _ saver: String, _ arguments: VipsArguments = [:]) throws -> Data {
        try VipsCall.run(saver, on: image, arguments) { try $0.bytes().withBytes { Data($0) } }
    }

    static func encoded(_ image: Image, _ format: ImageFormat, quality: Int = 90) throws -> Data {
        try Encode.encoded(image, format, EncoderOptions(effort: 0, chroma: .full), quality: quality, pageHeight: image.height)
            .withBytes { Data($0) }
    }

    /// A file of `format` with the four quarters.
    static func file(_ format: ImageFormat, _ width: Int = 64, _ height: Int = 48) throws -> Data {
        try encoded(try quarters(width, height), format)
    }

    /// A JPEG of the four quarters, with `orientation` in an EXIF block.
    static func jpeg(orientation: UInt8) throws -> Data {
        var data = try file(.jpeg)
        let tiff: [UInt8] = [
            0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ]
        let body = Array("Exif\0\0".utf8) + tiff
        let segment: [UInt8] = [0xff, 0xe1, 0, UInt8(body.count + 2)] + body
        data.insert(contentsOf: segment, at: 2)
        return data
    }

    /// An animation of frames of one colour each.
    static func animation(_ colors: [[UInt8]], _ format: ImageFormat, _ width: Int = 20, _ height: Int = 10) throws -> Data {
        let images = try colors.map { color in try made(width, height, bands: 3) { _, _ in color } }
        let frames = Frames(images, width: width, height: height, delays: colors.map { _ in 70 }, loop: 3)
        let joined = try Finish.joined(frames, format)
        return try Encode.encoded(joined, format, EncoderOptions(lossless: true), quality: 90, pageHeight: height).withBytes { Data($0) }
    }
}

/// Files that no encoder would write.
enum HostileFile {
    /// A PNG whose header declares `edge` x `edge` pixels, but which contains none.
    static func png(edge: UInt32) -> Data {
        var data = Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        data += chunk("IHDR", bigEndian(edge) + bigEndian(edge) + [8, 2, 0, 0, 0])
        data += chunk("IDAT", [0x78, 0x9c, 0x03, 0, 0, 0, 0, 1])
        data += chunk("IEND", [])
        return data
    }

    static func gif(frames: Int) -> Data {
        var data = Data("GIF89a".utf8)
        data += [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]
        for _ in 0..<frames {
            data += [0x21, 0xf9, 4, 0, 1, 0, 0, 0]
            data += [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]
        }
        data.append(0x3b)
        return data
    }

    static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + body
        return bigEndian(UInt32(body.count)) + checked + bigEndian(crc(checked))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xffff_ffff
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
