import Foundation
import PixelFlowCore

/// Lists the parts of a file independently of the code that has written it.
enum FileParts {
    /// The names of the parts of a file that could contain something other than the picture.
    static func names(_ data: Data, _ format: ImageFormat) -> Set<String> {
        let bytes = [UInt8](data)
        return switch format {
        case .jpeg: markersOfJPEG(bytes)
        case .png: Set(chunksOfPNG(bytes).map(\.name))
        case .webp: chunksOfWebP(bytes)
        case .gif: extensionsOfGIF(bytes)
        case .tiff: tagsOfTIFF(bytes)
        case .avif: itemsOfAVIF(bytes)
        }
    }

    /// The part of a JPEG that contains the resolution.
    static let jfif = "e0JFIF"

    /// The allowed parts of a file without metadata.
    static func needed(_ format: ImageFormat) -> Set<String> {
        switch format {
        case .jpeg: []
        case .png: ["IHDR", "PLTE", "tRNS", "pHYs", "IDAT", "IEND"]
        case .webp: ["VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF"]
        case .gif: ["f9", "ffNETSCAPE2.0"]
        case .tiff:
            Set([256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 282, 283, 284, 296, 317, 338, 339, 347, 530, 531, 532].map { "\($0)" })
        case .avif: ["av01"]
        }
    }

    /// The parts that contain a colour profile.
    static func profile(_ format: ImageFormat) -> Set<String> {
        switch format {
        case .jpeg: ["e2ICC_PROFILE"]
        case .png: ["iCCP"]
        case .webp: ["ICCP"]
        case .tiff: ["34675"]
        case .gif, .avif: []
        }
    }

    static func chunksOfPNG(_ bytes: [UInt8]) -> [(name: String, body: [UInt8])] {
        var chunks: [(name: String, body: [UInt8])] = []
        var offset = 8
        while offset + 12 <= bytes.count {
            let length = big(bytes, offset, 4)
            chunks.append((text(bytes, offset + 4, 4), Array(bytes[offset + 8..<offset + 8 + length])))
            offset += 12 + length
        }
        return chunks
    }

    private static func markersOfJPEG(_ bytes: [UInt8]) -> Set<String> {
        var names: Set<String> = []
        var offset = 2
        while bytes[offset + 1] != 0xda {
            let marker = bytes[offset + 1]
            if (0xe0...0xef).contains(marker) || marker == 0xfe {
                names.insert(String(marker, radix: 16) + text(bytes, offset + 4, 32).prefix { $0 != "\0" })
            }
            offset += 2 + big(bytes, offset + 2, 2)
        }
        return names
    }

    private static func chunksOfWebP(_ bytes: [UInt8]) -> Set<String> {
        var names: Set<String> = []
        var offset = 12
        while offset + 8 <= bytes.count {
            names.insert(text(bytes, offset, 4))
            let size = bytes[offset + 4..<offset + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            offset += 8 + size + size % 2
        }
        return names
    }

    private static func extensionsOfGIF(_ bytes: [UInt8]) -> Set<String> {
        var names: Set<String> = []
        func palette(_ flags: UInt8) -> Int { flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1) }
        func skip(_ start: Int) -> Int {
            var offset = start
            while bytes[offset] != 0 { offset += 1 + Int(bytes[offset]) }
            return offset + 1
        }
        var offset = 13 + palette(bytes[10])
        while bytes[offset] != 0x3b {
            if bytes[offset] == 0x21 {
                let label = bytes[offset + 1]
                names.insert(String(label, radix: 16) + (label == 0xff ? text(bytes, offset + 3, 11) : ""))
                offset = skip(offset + 2)
            } else {
                offset = skip(offset + 11 + palette(bytes[offset + 9]))
            }
        }
        return names
    }

    /// For a little-endian file, which is what libvips writes here.
    private static func tagsOfTIFF(_ bytes: [UInt8]) -> Set<String> {
        func little(_ offset: Int, _ length: Int) -> Int { bytes[offset..<offset + length].reversed().reduce(0) { $0 << 8 | Int($1) } }
        var names: Set<String> = []
        var directory = little(4, 4)
        while directory != 0 {
            let count = little(directory, 2)
            for index in 0..<count { names.insert("\(little(directory + 2 + index * 12, 2))") }
            directory = little(directory + 2 + count * 12, 4)
        }
        return names
    }

    private static func itemsOfAVIF(_ bytes: [UInt8]) -> Set<String> {
        var names: Set<String> = []
        let data = Data(bytes)
        var from = data.startIndex
        while let entry = data.range(of: Data("infe".utf8), in: from..<data.endIndex) {
            names.insert(text(bytes, entry.upperBound + 8, 4))
            from = entry.upperBound
        }
        return names
    }

    private static func big(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> Int {
        bytes[offset..<offset + length].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func text(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> String {
        String(decoding: bytes[offset..<min(bytes.count, offset + length)], as: UTF8.self)
    }
}
