import WireFormats

/// A compressible image, as a PNG with stored, not deflated, bytes.
struct TestImage: Sendable {
    /// Determines the colours, so that no two images are the same.
    let number: Int
    /// In pixels; the height is three quarters of the width.
    let width: Int

    private var height: Int { width * 3 / 4 }

    var png: [UInt8] {
        var header = Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height))
        // 8 bits, RGB, and the only existing methods of compression, filtering and interlacing.
        header += [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.chunk("IHDR", header) + Self.chunk("IDAT", Self.zlib(pixels))
            + Self.chunk("IEND", [])
    }

    /// Waves of each colour. Each line starts with the number of its filter, 0 for none.
    private var pixels: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(height * (1 + 3 * width))
        for y in 0..<height {
            bytes.append(0)
            for x in 0..<width {
                bytes.append(UInt8(truncatingIfNeeded: x &* y / 97 &+ number &* 29))
                bytes.append(UInt8(truncatingIfNeeded: (x ^ y) &+ number))
                bytes.append(UInt8(truncatingIfNeeded: x / 3 &+ y / 2 &+ number / 256))
            }
        }
        return bytes
    }

    /// Stored blocks of at most 65535 bytes each (RFC 1950, RFC 1951).
    private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        stream.reserveCapacity(bytes.count + bytes.count / 1_000 + 16)
        var start = 0
        while start < bytes.count {
            let end = min(start + 65_535, bytes.count)
            let size = UInt16(end - start)
            stream.append(end == bytes.count ? 1 : 0)
            stream += [UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)]
            stream += bytes[start..<end]
            start = end
        }
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return stream + bigEndian(high << 16 | low)
    }

    private static func chunk(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + bytes
        return bigEndian(UInt32(bytes.count)) + named + bigEndian(CRC32.checksum(named))
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }
}
