import Foundation
import PixelFlowCore

@testable import PixelFlowImaging

/// Files with a marker, `SECRET-` and its kind, in every kind of metadata that the format supports.
enum PlantedFile: String, CaseIterable {
    case jpeg, png, webp, gif, tiff, avif

    func made() throws -> Data {
        switch self {
        case .jpeg: try PlantedFile.jpeg()
        case .png: try PlantedFile.png()
        case .webp: try PlantedFile.webp()
        case .gif: try PlantedFile.gif()
        case .tiff: try PlantedFile.tiff()
        case .avif: try PlantedFile.avif()
        }
    }

    /// The quarters in a wide colour space, with its profile.
    static func wide() throws -> Image {
        try TestImage.quarters().applying("icc_transform", ["output_profile": .text("p3"), "input_profile": .text("srgb")])
    }

    // MARK: Blocks that several formats share

    static let exif: [UInt8] = {
        let thumbnail: [UInt8] = [0xff, 0xd8, 0xff, 0xfe, 0, 18] + Array("SECRET-thumbnail".utf8) + [0xff, 0xd9]
        let title: [UInt8] = Array("SECRET-title".utf16.map(\.littleEndianBytes).joined()) + [0, 0]
        return TIFFBlock.written(
            [
                270: .text("SECRET-description"), 271: .text("SECRET-make"), 272: .text("SECRET-model"), 274: .short(1),
                305: .text("SECRET-software"), 315: .text("SECRET-artist"), 33432: .text("SECRET-copyright"), 0x9c9b: .bytes(title),
                34665: .directory([
                    0x9000: .undefined(Array("0232".utf8)), 37500: .undefined(Array("SECRET-makernote".utf8)),
                    37510: .undefined(Array("ASCII\0\0\0SECRET-usercomment".utf8)), 42033: .text("SECRET-serial"),
                ]),
                34853: .directory([1: .text("N"), 18: .text("SECRET-gps")]),
            ], next: [259: .short(6), 0x0201: .offset(thumbnail), 0x0202: .long(thumbnail.count)])
    }()

    static let xmp = Array(
        """
        <?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" \
        tiff:Orientation="6" tiff:Artist="SECRET-xmp"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>
        """.utf8)

    static let iptc: [UInt8] = [0x1c, 2, 120, 0, 12] + Array("SECRET-iptc!".utf8)

    static let photoshop: [UInt8] = resource(0x040c, Array("SECRET-preview".utf8)) + resource(0x0404, iptc)

    private static func resource(_ number: UInt16, _ content: [UInt8]) -> [UInt8] {
        var bytes = Array("8BIM".utf8) + number.bigEndianBytes + [0, 0]
        bytes += UInt32(content.count).bigEndianBytes + content
        if content.count % 2 == 1 { bytes.append(0) }
        return bytes
    }

    // MARK: Formats

    private static func jpeg() throws -> Data {
        let plain = try TestImage.data(try wide(), "jpegsave_buffer", ["Q": .integer(95), "subsample_mode": .integer(2)])
        var file = Data(try plain.withUnsafeBytes { try JPEGOutput.withoutEXIF($0) })
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        let segments: [(UInt8, [UInt8])] = [
            (0xe1, text("Exif\0\0") + exif), (0xe1, text("http://ns.adobe.com/xap/1.0/\0") + xmp),
            (0xe1, text("http://ns.adobe.com/xmp/extension/\0SECRET-extended-xmp")), (0xe2, text("MPF\0SECRET-multipicture")),
            (0xe4, text("SECRET-app4")), (0xeb, text("JP\0SECRET-jumbf")), (0xed, text("Photoshop 3.0\0") + photoshop),
            (0xfe, text("SECRET-comment")),
        ]
        var planted: [UInt8] = []
        for (marker, body) in segments { planted += [0xff, marker] + UInt16(body.count + 2).bigEndianBytes + body }
        file.insert(contentsOf: planted, at: 2)
        return file + Data("SECRET-trailer".utf8)
    }

    private static func png() throws -> Data {
        let plain = [UInt8](try TestImage.data(try wide(), "pngsave_buffer"))
        var file = Array(plain[0..<33])
        let secret = Array("SECRET-text".utf8)
        file += HostileFile.chunk("tEXt", Array("Auteur\u{e9}".unicodeScalars.map { UInt8($0.value) }) + [0] + secret)
        file += HostileFile.chunk("tEXt", Array("SECRET-keyword".utf8) + [0] + secret)
        file += HostileFile.chunk("zTXt", Array("Comment".utf8) + [0, 0] + stored(secret))
        file += HostileFile.chunk("iTXt", Array("Title".utf8) + [0, 1, 0] + Array("fr\0SECRET-translated\0".utf8) + stored(secret))
        file += HostileFile.chunk("iTXt", Array("XML:com.adobe.xmp".utf8) + [0, 0, 0, 0, 0] + xmp)
        file += HostileFile.chunk("eXIf", exif)
        file += HostileFile.chunk("prVt", Array("SECRET-private".utf8))
        file += HostileFile.chunk("tIME", [0x07, 0xea, 1, 2, 3, 4, 5])
        for chunk in FileParts.chunksOfPNG(plain).dropFirst() {
            guard chunk.name == "iCCP" else {
                file += chunk.name == "pHYs" ? [] : HostileFile.chunk(chunk.name, chunk.body)
                continue
            }
            let data = chunk.body.drop { $0 != 0 }
            file += HostileFile.chunk("iCCP", Array("SECRET-profile-name".utf8) + data)
        }
        return Data(file) + Data("SECRET-trailer".utf8)
    }

    /// Written by libvips from the metadata of the JPEG, plus an unknown chunk.
    private static func webp() throws -> Data {
        var file = try reencoded("webpsave_buffer", ["lossless": .flag(true)])
        file.append(contentsOf: Array("SCRT".utf8) + UInt32(14).littleEndianBytes + Array("SECRET-unknown".utf8))
        file.replaceSubrange(4..<8, with: UInt32(file.count - 8).littleEndianBytes)
        return file
    }

    /// Written by libvips from the metadata of the JPEG, plus an unknown box.
    private static func avif() throws -> Data {
        let file = try reencoded("heifsave_buffer", ["compression": .integer(4), "Q": .integer(95), "effort": .integer(0)])
        return file + Data(UInt32(8 + 14).bigEndianBytes + Array("freeSECRET-unknown".utf8))
    }

    private static func reencoded(_ saver: String, _ arguments: VipsArguments) throws -> Data {
        try jpeg().withUnsafeBytes { try TestImage.data(try Load.open($0, .jpeg, LoadOptions()), saver, arguments) }
    }

    private static func gif() throws -> Data {
        var file = [UInt8](try TestImage.data(try TestImage.quarters(), "gifsave_buffer"))
        let palette = file[10] & 0x80 == 0 ? 0 : 3 << (Int(file[10] & 7) + 1)
        var planted: [UInt8] = [0x21, 0xfe] + block("SECRET-comment") + [0]
        planted += [0x21, 0xff] + block("XMP DataXMP") + xmp
        planted += [1] + (0...255).reversed().map { UInt8($0) } + [0]
        planted += [0x21, 0xff] + block("SECRETAPP1.") + block("SECRET-application") + [0]
        planted += [0x21, 0x01, 12] + [UInt8](repeating: 0, count: 12) + block("SECRET-plaintext") + [0]
        file.insert(contentsOf: planted, at: 13 + palette)
        return Data(file) + Data("SECRET-trailer".utf8)
    }

    private static func block(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

    private static func tiff() throws -> Data {
        let image = try wide().inMemory()
        let pixels = try image.withPixels { Array($0) }
        let profile = image.withBlob(Colour.iccField) { Array($0) } ?? []
        return Data(
            TIFFBlock.written([
                256: .short(UInt16(image.width)), 257: .short(UInt16(image.height)), 258: .shorts([8, 8, 8]), 259: .short(1),
                262: .short(2), 273: .offset(pixels), 277: .short(3), 278: .short(UInt16(image.height)), 279: .long(pixels.count),
                284: .short(1), 269: .text("SECRET-document"), 270: .text("SECRET-description"), 271: .text("SECRET-make"),
                272: .text("SECRET-model"), 285: .text("SECRET-page"), 305: .text("SECRET-software"), 315: .text("SECRET-artist"),
                316: .text("SECRET-host"), 333: .text("SECRET-inks"), 33432: .text("SECRET-copyright"), 700: .bytes(xmp),
                33723: .bytes(iptc + [0, 0, 0]), 34377: .bytes(photoshop),
                34665: .directory([42033: .text("SECRET-serial"), 37500: .undefined(Array("SECRET-makernote".utf8))]),
                34853: .directory([1: .text("N"), 18: .text("SECRET-gps")]), 34675: .undefined(profile),
                65000: .text("SECRET-private"),
            ]))
    }

    /// A zlib stream of one uncompressed block.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        let length = UInt16(bytes.count)
        return [0x78, 0x01, 1] + length.littleEndianBytes + (~length).littleEndianBytes + bytes + (high << 16 | low).bigEndianBytes
    }
}
