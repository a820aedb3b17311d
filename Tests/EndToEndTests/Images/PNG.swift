import Foundation

/// Writes PNG files without compression, so that every byte is known and no library is needed.
enum PNG {
    /// - Parameter pixel: red, green and blue at (x, y).
    static func image(width: Int, height: Int, pixel: (Int, Int) -> (UInt8, UInt8, UInt8)) -> Data {
        var rows = Data(capacity: height * (width * 3 + 1))
        for y in 0..<height {
            rows.append(0)
            for x in 0..<width {
                let (red, green, blue) = pixel(x, y)
                rows.append(contentsOf: [red, green, blue])
            }
        }
        return file(width: width, height: height, compressed: stored(rows))
    }

    /// Noise, different for each seed.
    static func noise(width: Int, height: Int, seed: UInt64) -> Data {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return image(width: width, height: height) { _, _ in
            // xorshift64
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return (UInt8(truncatingIfNeeded: state), UInt8(truncatingIfNeeded: state >> 8), UInt8(truncatingIfNeeded: state >> 16))
        }
    }

    /// A file that declares any size, with any contents.
    static func file(width: Int, height: Int, compressed: Data) -> Data {
        let header = big(UInt32(width)) + big(UInt32(height)) + Data([8, 2, 0, 0, 0])
        return Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            + chunk("IHDR", header) + chunk("IDAT", compressed) + chunk("IEND", Data())
    }

    private static func chunk(_ type: String, _ data: Data) -> Data {
        let content = Data(type.utf8) + data
        return big(UInt32(data.count)) + content + big(crc(content))
    }

    /// A zlib stream of stored blocks.
    private static func stored(_ data: Data) -> Data {
        var stream = Data([0x78, 0x01])
        var rest = data[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            stream.append(contentsOf: [
                rest.isEmpty ? 1 : 0, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8),
            ])
            stream.append(block)
        } while !rest.isEmpty
        return stream + big(adler(data))
    }

    private static func big(_ value: UInt32) -> Data { withUnsafeBytes(of: value.bigEndian) { Data($0) } }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    private static func crc(_ data: Data) -> UInt32 {
        ~data.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
    }

    private static func adler(_ data: Data) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in data {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}
