import Foundation
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowImaging

/// Errors of decoders are classified by the actual cause.
@Suite struct Refusals {
    /// The failure of a render, or nil if it succeeds.
    private func failure(_ source: Data) -> RenderError? {
        do {
            _ = try render(source)
            return nil
        } catch {
            return error as? RenderError
        }
    }

    private func code(_ source: Data) -> String? { failure(source)?.code }

    private func photo(_ format: String, _ arguments: VipsArguments = [:]) throws -> Data {
        try TestImage.data(try TestImage.photo(160, 120), "\(format)save_buffer", arguments)
    }

    static let kinds: [String: @Sendable (Refusals) throws -> Data] = [
        "jpeg": { try $0.photo("jpeg") },
        "progressive jpeg": { try $0.photo("jpeg", ["interlace": .flag(true)]) },
        "png": { try $0.photo("png") },
        "interlaced png": { try $0.photo("png", ["interlace": .flag(true)]) },
        "webp": { try $0.photo("webp") },
        "lossless webp": { try $0.photo("webp", ["lossless": .flag(true)]) },
        "gif": { try $0.photo("gif") },
        "tiff": { try $0.photo("tiff", ["compression": .integer(2)]) },
        "tiff, directory first": { _ in
            let writer = TIFFWriter(width: 100, height: 80, rowsPerStrip: 8, directoryFirst: true)
            return writer.file { x, y, band -> UInt64 in UInt64((x * 3 + y * 5 + band * 70) % 256) }
        },
        "avif": { try $0.photo("heif", ["compression": .integer(4), "effort": .integer(0)]) },
    ]

    private func made(_ kind: String) throws -> Data {
        let make = try #require(Self.kinds[kind])
        return try make(self)
    }

    /// If a truncated file is rendered at all, the picture is complete; otherwise it is reported as truncated.
    @Test(arguments: kinds.keys.sorted())
    func truncatedFilesAreReported(kind: String) throws {
        let whole = try made(kind)
        let picture = try render(whole).files[0]
        let step = max(1, whole.count / 30)
        var shown = 0
        let lengths = Array(stride(from: 24, to: whole.count, by: step)) + Array(whole.count - 12..<whole.count)
        for length in lengths {
            do {
                let file = try render(whole.prefix(length)).files[0]
                #expect(file == picture, "\(length) of \(whole.count) bytes are shown as if they were all")
                shown += 1
            } catch let failure as RenderError {
                #expect(failure.code == "truncated_image", "\(length) of \(whole.count) bytes: \(failure.message)")
            }
        }
        // The end of a file may contain no pixels, but half of it must.
        #expect(shown < 20)
    }

    /// Arithmetic-coded data has no end of its own, and each scan of a progressive file is a picture: without EOI, more may be missing.
    @Test func missingScansAreTruncation() throws {
        for name in ["arithmetic.jpg", "arithmetic-progressive.jpg"] {
            let whole = try LayoutFile.data(name)
            #expect(code(whole) == nil)
            for length in stride(from: 30, to: whole.count - 1, by: 7) {
                #expect(code(whole.prefix(length)) == "truncated_image", "\(name): \(length) of \(whole.count) bytes")
            }
        }
        let whole = try photo("jpeg", ["interlace": .flag(true)])
        let scans = whole.indices.dropLast().filter { whole[$0] == 0xff && whole[$0 + 1] == 0xda }
        #expect(scans.count > 3)
        for scan in scans.dropFirst() {
            // With and without the tables of the next scan.
            for end in [scan, whole[..<scan].range(of: Data([0xff, 0xc4]), options: .backwards)?.lowerBound ?? scan] {
                #expect(code(whole.prefix(end)) == "truncated_image", "\(end) of \(whole.count) bytes")
            }
        }
        // With the last marker, the first scans are a blur, and a file without the last ones may be meant.
        let codes = scans.dropFirst().map { code(whole.prefix($0) + [0xff, 0xd9]) }
        #expect(codes.prefix(4).allSatisfy { $0 == "truncated_image" } && codes.last == .some(nil), "\(codes)")
    }

    /// Half a picture with the end marker of a complete one.
    @Test(arguments: ["jpeg", "progressive jpeg"])
    func halfAJPEGWithAnEndMarkerIsTruncated(kind: String) throws {
        let whole = try made(kind)
        for part in [0.3, 0.5, 0.75, 0.95] {
            let half = whole.prefix(Int(Double(whole.count) * part))
            #expect(code(half + [0xff, 0xd9]) == "truncated_image", "\(part)")
            #expect(code(half + Data(count: whole.count - half.count)) == "truncated_image", "\(part), filled up with zeros")
        }
    }

    /// One scan for each component.
    @Test func coloursThatAreMissing() throws {
        let whole = try LayoutFile.data("a-scan-for-each-component.jpg")
        #expect(try render(whole).picture().shows([200, 60, 40], at: 20, 12, tolerance: 6))
        let scans = whole.indices.dropLast().filter { whole[$0] == 0xff && whole[$0 + 1] == 0xda }
        #expect(scans.count == 3)
        for scan in scans.dropFirst() { #expect(code(whole.prefix(scan) + [0xff, 0xd9]) == "truncated_image") }
    }

    /// Zeros are codes, too: with the usual tables, the decoder shows them as some pattern.
    @Test func aJPEGWithAGap() throws {
        let whole = try photo("jpeg")
        let scan = try #require(whole.range(of: Data([0xff, 0xda]))).lowerBound
        func file(_ start: Int, _ length: Int) -> Data { whole[..<start] + Data(count: length) + whole[(start + length)...] }
        let start = scan + (whole.count - scan) / 3
        #expect(whole.count - start > 1000)
        #expect(code(file(start, 400)) == "damaged_image")
        #expect(code(file(start, whole.count - start)) == "truncated_image")
        // Padding before and after the last marker.
        for padded in [whole.dropLast(2) + Data(count: 1000) + [0xff, 0xd9], whole + Data(count: 1000) + [0xff, 0xd9]] {
            #expect(try render(padded).files == render(whole).files)
        }
    }

    /// With tables of its own, a picture of one colour is nothing but zeros.
    @Test(arguments: [false, true])
    func zerosThatAreAPicture(isProgressive: Bool) throws {
        let flat = try TestImage.made(1200, 900, bands: 3) { _, _ in [255, 255, 255] }
        let arguments: VipsArguments = ["optimize_coding": .flag(true), "interlace": .flag(isProgressive)]
        let file = try TestImage.data(flat, "jpegsave_buffer", arguments)
        #expect(file.range(of: Data(count: 256)) != nil || isProgressive)
        #expect(try render(file).picture().shows([255, 255, 255], at: 600, 450, tolerance: 0))
    }

    /// Decoders make up the rest of such a strip or tile.
    @Test(arguments: [false, true])
    func halfAJPEGInATIFF(isTiled: Bool) throws {
        var file = try photo("tiff", ["compression": .integer(1), "tile": .flag(isTiled), "Q": .integer(90)])
        #expect(code(file) == nil)
        let scan = try #require(file.range(of: Data([0xff, 0xda]))).upperBound
        file.replace(at: scan + 300, Data([0xff, 0xd9]))
        #expect(["truncated_image", "damaged_image"].contains(code(file)))
    }

    /// libnsgif leaves the rest of the frame black and reports no error.
    @Test func halfAGIFWithATrailerIsTruncated() throws {
        for whole in [try made("gif"), try TestImage.animation([TestImage.red, TestImage.green], .gif, 300, 200)] {
            let blocks = try dataBlocks(of: whole)
            #expect(try render(whole).files.count == 1)
            for part in [0.3, 0.5, 0.8] where blocks.count > 4 {
                let cut = blocks[Int(Double(blocks.count) * part)]
                #expect(code(whole.prefix(cut) + [0, 0x3b]) == "truncated_image", "\(part)")
            }
        }
    }

    /// Where the data blocks of the first frame start.
    private func dataBlocks(of gif: Data) throws -> [Int] {
        func table(_ flags: UInt8) -> Int { flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1) }
        var offset = 13 + table(gif[10])
        while gif[offset] != 0x2c {
            offset += 2
            while gif[offset] != 0 { offset += Int(gif[offset]) + 1 }
            offset += 1
        }
        offset += 11 + table(gif[offset + 9])
        var blocks: [Int] = []
        while gif[offset] != 0 {
            blocks.append(offset)
            offset += Int(gif[offset]) + 1
        }
        return blocks
    }

    @Test func halfAPNGWithAnEndChunkIsTruncated() throws {
        let whole = try photo("png", ["compression": .integer(0)])
        let data = try #require(whole.range(of: Data("IDAT".utf8))).lowerBound - 4
        let end = whole.suffix(12)
        // The chunk still declares all of its data.
        #expect(code(whole.prefix(whole.count / 2) + end) == "truncated_image")
        // Here it does not.
        #expect(code(HostileFile.png(edge: 40)) == "truncated_image")
        #expect(code(whole.prefix(data) + end) == "damaged_image")
    }

    @Test func aMissingEndMarkerLosesNoPixel() throws {
        for (kind, missing) in [("jpeg", 2), ("jpeg", 1), ("progressive jpeg", 2), ("gif", 1), ("png", 12), ("png", 4)] {
            let whole = try made(kind)
            #expect(try render(whole.dropLast(missing)).files == render(whole).files, "\(kind) without its last \(missing) bytes")
        }
        let animation = try TestImage.animation([TestImage.red, TestImage.green, TestImage.blue], .gif)
        #expect(try render(animation.dropLast()).metadata.frames == 3)
    }

    @Test(arguments: ["jpeg", "png", "webp", "gif"])
    func dataAfterTheEndIsIgnored(kind: String) throws {
        let whole = try made(kind)
        let expected = try render(whole).files
        for rest in [Data(count: 1000), Data("some text".utf8), Data([0xff, 0xd8, 0xff, 0xe0, 0, 1])] {
            #expect(try render(whole + rest).files == expected)
        }
    }

    @Test(arguments: ["jpeg", "png", "interlaced png", "avif", "tiff", "lossless webp"])
    func damageIsNotReportedAsTruncation(kind: String) throws {
        let whole = try made(kind)
        var random = SeededGenerator(seed: 7)
        // The first half of such a small AVIF file consists of boxes, whose damaged sizes can look like a truncation.
        for part in kind == "avif" ? [0.6, 0.8] : [0.4, 0.6, 0.8] {
            var damaged = whole
            let start = Int(Double(whole.count) * part)
            for offset in start..<min(start + 200, whole.count - 20) { damaged[offset] = UInt8.random(in: 0...255, using: &random) }
            let found = code(damaged)
            // Some decoders accept any bits as pixels, because the format has no checksum.
            let isCoded = kind == "avif" || kind == "lossless webp"
            // With other bits, the data of a JPEG can end early.
            let runsOut = kind == "jpeg" && found == "truncated_image" && part > 0.7
            #expect(found == "damaged_image" || isCoded && found == nil || runsOut, "\(part): \(found ?? "is shown")")
        }
    }

    /// The lengths of all blocks stay right, so nothing is missing.
    @Test func invalidCodesOfAGIFAreDamage() throws {
        let whole = try photo("gif")
        let image = try #require(whole.indices.first { whole[$0] == 0x2c && whole[($0 + 1)..<($0 + 5)].allSatisfy { $0 == 0 } })
        let flags = Int(whole[image + 9])
        let table = flags & 0x80 == 0 ? 0 : 3 << (flags & 7 + 1)
        // After the code size and the length of the first block.
        let data = image + 10 + table + 2
        for start in [0, 60, 150] {
            var damaged = whole
            for offset in 0..<20 { damaged[data + start + offset] = 0xff }
            #expect(code(damaged) == "damaged_image", "at \(start)")
        }
    }

    @Test(arguments: [(12_000, 4000), (4000, 10_016), (6400, 6400)]) func tilesThatLibvipsRefusesAreNamed(width: Int, height: Int) throws {
        let entries: [Int: (type: Int, values: [Int])] = [322: (4, [width]), 323: (4, [height]), 324: (4, [8]), 325: (4, [100])]
        let failure = failure(TIFFWriter(entries: entries).file { _, _, _ in 9 })
        #expect(failure?.code == "unsupported_format")
        #expect(failure?.message.contains("tiles of \(width) x \(height) pixels") == true)
    }

    @Test func damagedHeadersAreReported() throws {
        for (kind, offset) in [("png", 20), ("tiff", 4), ("webp", 16)] {
            var damaged = try made(kind)
            for index in 0..<4 { damaged[offset + index] ^= 0xff }
            #expect(["damaged_image", "truncated_image"].contains(code(damaged)), "\(kind)")
        }
    }

    @Test func unsupportedVariantsAreReported() throws {
        let jpeg = try photo("jpeg")
        let frame = try #require(jpeg.firstRange(of: Data([0xff, 0xc0]))).lowerBound
        for (offset, value, name) in [
            (1, UInt8(0xc3), "Lossless JPEG"), (1, 0xf7, "JPEG-LS"), (1, 0xc5, "Hierarchical JPEG"), (4, 12, "12 bits a sample"),
        ] {
            var other = jpeg
            other[frame + offset] = value
            let failure = failure(other)
            #expect(failure?.code == "unsupported_format" && failure?.message.contains(name) == true, "\(name): \(failure?.message ?? "")")
        }
        for (offset, bytes, name) in [(9, [UInt8(2)], "2 components"), (9, [5], "5 components"), (5, [0xff, 0xff], "65,500")] {
            let other = jpeg[..<(frame + offset)] + Data(bytes) + jpeg[(frame + offset + bytes.count)...]
            let failure = failure(other)
            #expect(failure?.code == "unsupported_format" && failure?.message.contains(name) == true, "\(name): \(failure?.message ?? "")")
        }
        var png = try photo("png")
        let chunk: [UInt8] = [0, 0, 0, 4, 0x43, 0x67, 0x42, 0x49, 0x50, 0, 0x20, 2, 0x2b, 0xd5, 0xb3, 0x7f]
        png.insert(contentsOf: chunk, at: 8)
        #expect(failure(png)?.message.contains("CgBI") == true)
    }

    @Test(arguments: [
        ("BM\0\0\0\0", "BMP"), ("8BPS\0\u{1}", "Photoshop"), ("%!PS-Adobe-3.0", "PostScript"), ("%PDF-1.4", "PDF"),
        ("qoif\0\0", "QOI"),
        ("P6\n4 4\n255\n", "Netpbm"), ("P3 # a comment", "Netpbm"),
        ("#?RADIANCE\n", "Radiance"), ("SIMPLE  =      T", "FITS"),
        ("DDS |", "DDS"),
        ("gimp xcf v011", "XCF"),
        ("\0\0\0\u{18}ftypisom\0\0\0\0isomavc1", "Video"),
        ("\0\0\0\u{18}ftypcrx \0\0\0\u{1}crx isom", "Camera raw"),
        ("\0\0\u{2}\0\0\0\0\0\0\0\0\0\u{4}\0\u{4}\0\u{18}\0", "TGA"), ("\0\u{1}\u{1}\0\0\0\u{1}\u{18}\0\0\0\0\u{4}\0\u{4}\0\u{8}\0", "TGA"),
        ("\0\0\u{2}\0\u{1}\0\u{10}\u{10}", "Icon"), ("\n\u{5}\u{1}\u{8}\0\0\0\0", "PCX"), ("#define a_width 3\n", "XBM"),
        ("farbfeld", "farbfeld"), ("PF\n4 4\n-1.0\n", "Netpbm"), ("FUJIFILMCCD-RAW 0201", "Camera raw"), ("IIU\0\u{8}\0\0\0", "Camera raw"),
        ("II*\0\u{10}\0\0\0CR\u{2}\0", "Camera raw"), ("\u{feff}\n<!-- a --><svg width=\"3\">", "SVG"),
        ("<?xml version=\"1.0\"?><SVG/>", "SVG"),
        ("<?xml version=\"1.0\"?><!--" + String(repeating: " made with care", count: 200) + "--><svg/>", "SVG"),
        ("FORM\0\0\0\u{10}ILBMBMHD", "IFF"), ("\0MRM\0\0\0\0", "Camera raw"), ("II\u{1a}\0\0\0HEAPCCDR", "Camera raw"),
        ("\0\0\0\u{14}ftypqt  \0\0\0\0qt  ", "Video"), ("RIFF\0\0\0\0AVI LIST", "Video"),
    ])
    func foreignFormatsHaveNames(start: String, name: String) {
        let failure = failure(Data(start.utf8) + Data(count: 200))
        #expect(failure?.code == "unsupported_format" && failure?.message.contains(name) == true, "\(failure?.message ?? "none")")
    }

    @Test func svgInUTF16HasItsName() throws {
        for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
            let text = try #require("\u{feff}<?xml version=\"1.0\"?><svg/>".data(using: encoding))
            #expect(failure(text)?.message.contains("SVG") == true)
        }
        #expect(failure(Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]))?.message.contains("Compressed files") == true)
    }

    @Test func aWebPThatWasTakenForText() throws {
        let file = try TestImage.file(.webp)
        #expect(code(Data(String(decoding: file, as: UTF8.self).utf8)) == "damaged_image")
    }

    /// Programs that take a file for text change line ends, or replace what is not UTF-8.
    @Test(arguments: ["png", "jpeg"])
    func imagesThatWereTakenForText(kind: String) throws {
        let whole = try made(kind)
        for file in [whole, try TestImage.file(kind == "png" ? .png : .jpeg)] {
            #expect(code(Data(String(decoding: file, as: UTF8.self).utf8)) == "damaged_image")
        }
        let latin1 = String(whole.map { Character(UnicodeScalar($0)) })
        #expect(code(Data(latin1.utf8)) == "damaged_image")
        if kind == "png" {
            #expect(code(whole[..<4] + [0x0a, 0x1a, 0x0a] + whole[8...]) == "damaged_image")
            #expect(code(whole[..<4] + [0x0d, 0x0d, 0x0a, 0x1a, 0x0d, 0x0a] + whole[8...]) == "damaged_image")
        }
        for text in ["\u{fffd}PN", "\u{fffd}\u{fffd}\u{fffd}\u{fffd} text"] { #expect(code(Data(text.utf8)) == "not_an_image") }
    }

    @Test(arguments: [
        "", "G", "GIF8", "Hello", "P6", "Please", "P1 is a road", "<html></html>", "\0\0\0\0\0\0", "{\"a\":1}", "RIFF\0\0\0\0WAVEfmt ",
        "<!DOCTYPE html><p><svg></svg>", "<html lang=\"de\"><svg/>", "{\"image\":\"<svg/>\"}", "#define WIDTH 3",
    ])
    func otherBytesAreNotAnImage(text: String) { #expect(code(Data(text.utf8)) == "not_an_image") }

    @Test(arguments: [
        ("avif", [], "avif"), ("mif1", ["avif"], "avif"), ("mif1", ["heic", "avif"], "avif"), ("avis", ["msf1"], "avif"),
        ("isom", ["avif"], "avif"),
        ("heic", ["mif1"], "heic"), ("mif1", ["heic", "mp42"], "heic"), ("isom", ["mp42", "heic"], "heic"), ("msf1", ["hevc"], "heic"),
        ("mif1", [], "heic"), ("heix", ["avif"], "avif"),
    ])
    func brandsDecideTheFormat(major: String, compatible: [String], format: String) throws {
        let found = try file(major, compatible).withUnsafeBytes { try SourceFormat.sniffed($0) }
        #expect(found.rawValue == format)
    }

    @Test func brandsAreReadFromTheBoxAlone() throws {
        // A separate box after the brands that contains the letters of a brand.
        let data = file("isom", ["mp42"]) + Data([0, 0, 0, 16]) + Data("freeavifavif".utf8)
        #expect(code(data) == "unsupported_format")
        // A 64-bit size, and a box that claims to extend beyond the end.
        let large = Data([0, 0, 0, 1]) + Data("ftyp".utf8) + Data([0, 0, 0, 0, 0, 0, 0, 28]) + Data("mif1\0\0\0\0avif".utf8)
        #expect(try large.withUnsafeBytes { try SourceFormat.sniffed($0) } == .avif)
        let cut = Data([0x7f, 0, 0, 0]) + Data("ftypmif1\0\0\0\0miafavif".utf8)
        #expect(try cut.withUnsafeBytes { try SourceFormat.sniffed($0) } == .avif)
    }

    /// Without a brand for it, the items determine the codec.
    @Test func commonBrandsAreDistinguishedByTheirItems() throws {
        var avif = try photo("heif", ["compression": .integer(4), "effort": .integer(0)])
        while let range = avif.prefix(40).range(of: Data("avif".utf8)) { avif.replaceSubrange(range, with: Data("mif1".utf8)) }
        #expect(try render(avif).metadata.format == "avif")
    }

    private func file(_ major: String, _ compatible: [String]) -> Data {
        Data([0, 0, 0, UInt8(16 + 4 * compatible.count)]) + Data("ftyp\(major)\0\0\0\0\(compatible.joined())".utf8)
    }

    /// The file has its full length, but is damaged.
    @Test func anInconsistentPNGIsRefused() throws {
        let whole = [UInt8](try photo("png"))
        let chunks = FileParts.chunksOfPNG(whole)
        let header = chunks[0].body
        func file(_ header: [UInt8], before: [UInt8] = [], after: [UInt8] = []) -> Data {
            let rest = chunks.dropFirst().flatMap { HostileFile.chunk($0.name, $0.body) }
            return Data(Array(whole[..<8]) + before + HostileFile.chunk("IHDR", header) + after + rest)
        }
        func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
            var other = header
            other[index] = value
            return other
        }
        let noWidth: [UInt8] = [0, 0, 0, 0] + header[4...]
        #expect(code(file(header)) == nil)
        for other in [
            noWidth, changed(8, 3), changed(9, 5), changed(9, 3), changed(10, 1), changed(11, 1), changed(12, 2), changed(0, 0x80),
        ] {
            #expect(code(file(other)) == "damaged_image", "\(other)")
        }
        #expect(code(file(header, before: HostileFile.chunk("tEXt", Array("a\0b".utf8)))) == "damaged_image")
        #expect(code(file(header, after: HostileFile.chunk("ABCD", [1]))) == "damaged_image")
    }

    /// The chunks are valid, but the compressed rows in them are short or damaged.
    @Test(arguments: [false, true])
    func invalidPNGRowsAreRefused(isInterlaced: Bool) {
        // 8 x 8 pixels of grey: a row each, or the seven passes of Adam7 with their columns.
        let columns: [Int] =
            isInterlaced
            ? [1, 1, 2] + [2, 2] + Array(repeating: 4, count: 6) + Array(repeating: 8, count: 4) : Array(repeating: 8, count: 8)
        let rows: [UInt8] = columns.flatMap { [0] + Array(repeating: UInt8(128), count: $0) }
        func file(_ data: [UInt8]) -> Data {
            let header: [UInt8] = [0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, isInterlaced ? 1 : 0]
            // Two chunks: where one ends means nothing.
            let chunks: [(String, [UInt8])] = [
                ("IHDR", header), ("IDAT", Array(data.prefix(9))), ("IDAT", Array(data.dropFirst(9))), ("IEND", []),
            ]
            return Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunks.flatMap { HostileFile.chunk($0, $1) })
        }
        #expect(code(file(PlantedFile.stored(rows))) == nil)
        #expect(code(file(PlantedFile.stored(rows.dropLast()))) == "truncated_image")
        #expect(code(file(PlantedFile.stored(Array(rows.prefix(20))))) == "truncated_image")
        #expect(code(file(PlantedFile.stored(rows).dropLast(20))) == "truncated_image")
        var filter = rows
        filter[columns[0] + 1] = 5
        #expect(code(file(PlantedFile.stored(filter))) == "damaged_image")
        var block = PlantedFile.stored(rows)
        block[2] = 7
        #expect(code(file(block)) == "damaged_image")
    }

    /// A height of 0 means that a later DNL segment contains it, which libjpeg does not support.
    @Test func aJPEGFrameWithZerosIsRefused() throws {
        let whole = try photo("jpeg")
        let frame = try #require(whole.firstRange(of: Data([0xff, 0xc0]))).lowerBound
        func code(_ bytes: Int, at offset: Int) -> RenderError? {
            var file = whole
            for index in 0..<bytes { file[frame + offset + index] = 0 }
            return failure(file)
        }
        #expect(code(2, at: 7)?.code == "damaged_image")
        #expect(code(1, at: 9)?.code == "damaged_image")
        #expect(code(2, at: 5)?.code == "unsupported_format")
    }

    /// 130 bytes that declare tiles of more bytes than an integer counts.
    @Test(arguments: [false, true]) func tilesOfAnyDeclaredSizeAreRefused(isBig: Bool) {
        let writer = TIFFWriter(
            isBig: isBig,
            entries: [
                258: (4, [0xffff_ffff]), 277: (4, [0xffff_ffff]), 322: (4, [10_000]), 323: (4, [10_000]), 324: (4, [8]), 325: (4, [4]),
            ])
        #expect(["unsupported_format", "damaged_image"].contains(code(writer.file { _, _, _ in 0 })))
    }

    /// The last byte of a chunk is padding if its size is odd, and some encoders omit it.
    @Test func aWebPWithoutTheLastByteOfAChunkIsTruncated() throws {
        #expect(code(try photo("webp").dropLast()) == "truncated_image")
        let image = try TestImage.photo(16, 16)
        for (count, expected) in [(5, nil), (6, "truncated_image")] {
            image.set("xmp-data", Array(repeating: 65, count: count))
            let file = try TestImage.data(image, "webpsave_buffer")
            #expect(code(file) == nil)
            #expect(code(file.dropLast()) == expected)
        }
    }

    /// Decoders have their own limits, with other messages.
    @Test func impossibleSizesAreRefused() throws {
        let png = [UInt8](try photo("png"))
        func file(_ width: UInt32, _ height: UInt32) -> Data {
            let header = width.bigEndianBytes + height.bigEndianBytes + png[24..<29]
            return Data(Array(png[..<8]) + HostileFile.chunk("IHDR", header) + png[33...])
        }
        #expect(code(file(0x7fff_ffff, 0x7fff_ffff)) == "too_many_pixels")
        let wide = failure(file(2_000_000, 1))
        #expect(wide?.message.contains("1,000,000") == true, "\(wide.map { "\($0.code): \($0.message)" } ?? "rendered")")
        let jpeg = try photo("jpeg")
        let frame = try #require(jpeg.firstRange(of: Data([0xff, 0xc0]))).lowerBound
        let large = jpeg[..<(frame + 5)] + Data([0xff, 0xff, 0xff, 0xff]) + jpeg[(frame + 9)...]
        #expect(code(large) == "too_many_pixels")
    }

    /// No byte of a directory may refer outside of the file.
    @Test func damagedDirectoriesAreReported() throws {
        let known = [
            "truncated_image", "damaged_image", "unsupported_format", "not_an_image", "too_many_pixels", "too_many_frames",
        ]
        for isBig in [false, true] {
            let file = TIFFWriter(extras: [], isBig: isBig, directoryFirst: true).file { _, _, _ in 9 }
            for index in stride(from: 0, to: 200, by: 3) {
                for value in [UInt8(0), 0xff] {
                    var hostile = file
                    hostile[index] = value
                    let found = code(hostile)
                    #expect(found.map(known.contains) ?? true, "byte \(index): \(found ?? "")")
                }
            }
        }
    }
}
