import Foundation
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowImaging

/// Samples of any depth and bands of any meaning: either correct pixels, or a specific error.
@Suite struct Layouts {
    private static let depths: [TIFFWriter.Sample] = [.unsigned(8), .unsigned(16), .unsigned(32), .float(32), .float(16)]

    /// `value`, 0 to 255, as a sample of this kind.
    private func bits(_ value: Double, _ sample: TIFFWriter.Sample) -> UInt64 {
        switch sample {
        case .float(32): UInt64(Float(value / 255).bitPattern)
        case .float(16): UInt64(Float16(value / 255).bitPattern)
        case .float(64): (value / 255).bitPattern
        default: UInt64((value / 255 * (pow(2, Double(sample.bits)) - 1)).rounded())
        }
    }

    @Test(arguments: depths, [0, 1, 2])
    func tiffBitDepthsAreDecoded(sample: TIFFWriter.Sample, photometric: Int) throws {
        let samples = photometric == 2 ? 3 : 1
        let writer = TIFFWriter(photometric: photometric, sample: sample, samples: samples)
        let levels: [Double] = [0, 1, 50, 128, 200, 255]
        let file = writer.file { x, y, band in
            let value = levels[(x + band) % levels.count]
            // Zero means white.
            return bits(photometric == 0 ? 255 - value : value, sample)
        }
        let rendering = try render(file)
        let picture = try rendering.picture()
        #expect(picture.bands == 3 && !rendering.metadata.hasAlpha)
        for x in 0..<8 {
            let expected: [UInt8] = (0..<3).map { band in
                let shift = samples == 3 ? band : 0
                return UInt8(levels[(x + shift) % levels.count])
            }
            #expect(picture.shows(expected, at: x, 3, tolerance: 1), "at \(x): \(picture[x, 3])")
        }
    }

    @Test func numbersOfHalfPrecision() {
        let wrong = (0...UInt16.max).first { bits in
            let number = Float16(bitPattern: bits)
            return number.isFinite && HalfPrecision.value(bits) != Float(number)
        }
        #expect(wrong == nil)
        #expect(HalfPrecision.value(0x7c00) > 1e38 && HalfPrecision.value(0xfc00) < -1e38 && HalfPrecision.value(0x7e00) == 0)
    }

    @Test(arguments: [1, 2, 4])
    func lowBitDepthsAreDecoded(bits: Int) throws {
        let top = (1 << bits) - 1
        for photometric in [0, 1] {
            let writer = TIFFWriter(photometric: photometric, sample: .unsigned(bits), samples: 1)
            let picture = try render(writer.file { x, _, _ in UInt64(photometric == 0 ? top - x % (top + 1) : x % (top + 1)) }).picture()
            for x in 0..<8 {
                let grey = UInt8((x % (top + 1)) * 255 / top)
                #expect(picture.shows([grey, grey, grey], at: x, 2, tolerance: 1), "photometric \(photometric), at \(x)")
            }
        }
    }

    @Test(arguments: [1, 2, 4, 8], [false, true])
    func palettesAreDecoded(bits: Int, isBig: Bool) throws {
        let count = 1 << bits
        let colours: [[Int]] = (0..<count).map { index in [(index * 37 + 200) % 256, (index * 91 + 17) % 256, (index * 53) % 256] }
        let map: [Int] = (0..<3).flatMap { channel in colours.map { $0[channel] * 257 } }
        let writer = TIFFWriter(photometric: 3, sample: .unsigned(bits), samples: 1, isBig: isBig, colourMap: map)
        let picture = try render(writer.file { x, y, _ in UInt64((x + y) % count) }).picture()
        for x in 0..<8 { #expect(picture.shows(colours[(x + 1) % count].map { UInt8($0) }, at: x, 1, tolerance: 0)) }
    }

    /// A grey palette has one band. Alpha in a palette image follows the looked-up colours.
    @Test(arguments: [false, true])
    func alphaWithAPaletteIsDecoded(isGrey: Bool) throws {
        let map: [Int] = (0..<3).flatMap { channel -> [Int] in
            (0..<256).map { index -> Int in (isGrey ? index : (index * (channel + 1)) % 256) * 257 }
        }
        let writer = TIFFWriter(photometric: 3, samples: 3, extras: [0, 2], colourMap: map)
        let picture = try render(writer.file { x, _, band in [UInt64(x * 30), 77, UInt64(x * 20)][band] }).picture()
        #expect(picture.bands == 4)
        for x in 0..<8 {
            let colours: [UInt8] = (0..<3).map { band in isGrey ? UInt8(x * 30) : UInt8((x * 30 * (band + 1)) % 256) }
            let expected = colours + [UInt8(x * 20)]
            #expect(picture.shows(expected, at: x, 2, tolerance: 0), "at \(x): \(picture[x, 2])")
        }
    }

    @Test(arguments: [8, 16])
    func lab(bits: Int) throws {
        // Relative to D65, L* 53.2, a* 80, b* 67 is red.
        for extras in [[], [0], [2], [0, 2]] {
            let writer = TIFFWriter(
                photometric: 8, sample: .unsigned(bits), samples: 3 + extras.count, extras: extras, entries: [318: Self.d65])
            let file = writer.file { x, _, band in
                switch band {
                case 0: UInt64(0.532 * (pow(2, Double(bits)) - 1))
                case 1: UInt64(80 << (bits - 8))
                case 2: UInt64(67 << (bits - 8))
                default: bits == 8 ? UInt64(x * 30) : UInt64(x * 30 * 257)
                }
            }
            let picture = try render(file).picture()
            let isClear = extras.contains(2)
            #expect(picture.bands == (isClear ? 4 : 3), "\(extras)")
            for x in 0..<8 {
                let expected: [UInt8] = isClear ? [254, 0, 0, UInt8(x * 30)] : [254, 0, 0]
                #expect(picture.shows(expected, at: x, 2, tolerance: 6), "\(extras), at \(x): \(picture[x, 2])")
            }
        }
    }

    /// Two fractions.
    private static let d65 = (type: 5, values: [3127, 10_000, 3290, 10_000])

    /// L*a*b* is relative to the white point of the file, and to D50 without one. The expected values are from the formulas of CIE 15
    /// and Bradford's adaptation.
    @Test(arguments: [8, 16], [false, true])
    func whitePointsOfLab(bits: Int, isLittleEndian: Bool) throws {
        let cases: [(lab: [Int], d50: [UInt8], d65: [UInt8])] = [
            ([100, 0, 0], [255, 255, 255], [255, 255, 255]), ([60, -50, 30], [26, 166, 88], [44, 165, 89]),
            ([40, 20, -60], [67, 86, 194], [19, 90, 194]),
        ]
        for (lab, d50, d65) in cases {
            func file(_ photometric: Int, _ entries: [Int: (type: Int, values: [Int])]) -> Data {
                let writer = TIFFWriter(
                    photometric: photometric, sample: .unsigned(bits), isBig: isLittleEndian, isLittleEndian: isLittleEndian,
                    entries: entries)
                return writer.file { _, _, band in
                    let step = bits == 8 ? 1 : 256
                    if photometric == 9 { return UInt64(band == 0 ? (lab[0] * 255 + 50) / 100 * step : (lab[band] + 128) * step) }
                    if band == 0 { return UInt64(lab[0] * (bits == 8 ? 255 : 65535) / 100) }
                    return UInt64(bits == 8 ? lab[band] & 0xff : (lab[band] * 256) & 0xffff)
                }
            }
            let sources = [
                (file(8, [:]), d50), (file(8, [318: Self.d65]), d65), (file(8, [318: (5, [1, 0, 1, 0])]), d50),
                // Formats that say only that a* and b* are signed.
                (file(8, [339: (3, [1, 2, 2])]), d50), (file(8, [339: (3, [2, 2, 2])]), d50),
                // ICC L*a*b*, with an offset instead of a sign.
                (file(9, [:]), d50), (file(9, [318: Self.d65]), d50),
            ]
            for (index, (source, expected)) in sources.enumerated() {
                let picture = try render(source).picture()
                #expect(picture.bands == 3 && picture.shows(expected, at: 4, 3, tolerance: 3), "\(index): \(lab) became \(picture[4, 3])")
            }
        }
    }

    @Test func alphaBehindLabWithAnOffset() throws {
        for bits in [8, 16] {
            let writer = TIFFWriter(photometric: 9, sample: .unsigned(bits), samples: 5, extras: [0, 2])
            let file = writer.file { x, _, band in UInt64([153, 78, 158, 7, x * 30][band] << (bits - 8)) }
            let picture = try render(file).picture()
            #expect(picture.bands == 4)
            for x in 0..<8 { #expect(picture.shows([26, 166, 88, UInt8(x * 30)], at: x, 2, tolerance: 3), "at \(x): \(picture[x, 2])") }
        }
    }

    /// SGI's encoding of L* and of u' and v' relative to equal energy: 16 bits of a logarithm, and twice 8 bits.
    @Test(
        arguments: [
            (0x3dc6_56c2, [128, 128, 128]), (0x4000_56c2, [255, 255, 255]), (0x3dc4_c1d5, [255, 1, 0]), (0, [0, 0, 0]),
        ] as [(Int, [UInt8])])
    func logarithmicLight(pixel: Int, expected: [UInt8]) throws {
        // A row has each of the four bytes of its four pixels as a run of literals: five bytes.
        let writer = TIFFWriter(
            width: 4, photometric: 32845, samples: 5, rowsPerStrip: 1,
            entries: [258: (3, [16, 16, 16]), 259: (3, [34676]), 277: (3, [3]), 339: (3, [2, 2, 2])])
        let file = writer.file { byte, _, position in UInt64(position == 0 ? 4 : pixel >> (24 - 8 * byte) & 0xff) }
        let picture = try render(file).picture()
        #expect(picture.bands == 3)
        for x in 0..<4 { #expect(picture.shows(expected, at: x, 5, tolerance: 4), "\(picture[x, 5])") }
    }

    /// In HEIF files, only `irot` and `imir` turn the picture. Phones write the orientation in EXIF as well.
    @Test(arguments: [("portrait.heic", true), ("exif-orientation-without-irot.heic", false)], [true, false])
    func orientationInEXIFOfHEIFIsIgnored(file: (name: String, isTurned: Bool), strip: Bool) throws {
        let specs = [
            OutputSpec(name: "a", format: .fixed(.png), encoder: EncoderOptions(strip: strip)),
            OutputSpec(name: "b", operations: [.resize(.init(width: 16))], format: .fixed(.jpeg), encoder: EncoderOptions(strip: strip)),
        ]
        let rendering = try render(try LayoutFile.data(file.name), specs)
        let corners =
            file.isTurned
            ? [TestImage.blue, TestImage.red, TestImage.white, TestImage.green]
            : [TestImage.red, TestImage.green, TestImage.blue, TestImage.white]
        for (result, data) in zip(rendering.results, rendering.files) {
            let picture = try Picture(data)
            #expect((picture.width, picture.height) == (result.width, result.height))
            #expect(file.isTurned == (picture.height > picture.width))
            #expect(picture.hasCorners(corners, inset: 2, tolerance: 20), "\(result.name)")
        }
    }

    /// libheif does not widen the range of video if there is no colour.
    @Test func greyInTheRangeOfVideo() throws {
        let picture = try render(try LayoutFile.data("grey-in-video-range.avif")).picture()
        for x in 0..<32 {
            let grey = UInt8(x * 8)
            #expect(picture.shows([grey, grey, grey], at: x * 2, 8, tolerance: 3), "\(picture[x * 2, 8])")
        }
    }

    @Test(arguments: depths)
    func cmykIsDecoded(sample: TIFFWriter.Sample) throws {
        let pure = TIFFWriter(photometric: 5, sample: sample, samples: 4)
        let cyan = try render(pure.file { _, _, band in bits(band == 0 ? 255 : 0, sample) }).picture()
        #expect(cyan.bands == 3 && cyan[4, 3][0] < 90 && cyan[4, 3][1] > 130 && cyan[4, 3][2] > 180)
        let clear = TIFFWriter(photometric: 5, sample: sample, samples: 6, extras: [0, 2])
        let picture = try render(clear.file { x, _, band in bits(band == 5 ? Double(x * 30) : band == 0 ? 255 : 0, sample) }).picture()
        for x in 0..<8 {
            #expect(picture.bands == 4 && abs(Int(picture[x, 2][3]) - x * 30) <= 1)
            #expect(picture.shows(cyan[4, 3], at: x, 2, tolerance: 1))
        }
    }

    @Test(arguments: [
        (TIFFWriter(sample: .float(16), entries: [317: (3, [3])]), "16-bit floating point samples and a predictor"),
        (TIFFWriter(sample: .float(16), samples: 4, extras: [1]), "associated alpha"),
        (TIFFWriter(sample: .float(24)), "24-bit floating point"),
        (TIFFWriter(sample: .float(64)), "64-bit floating point"), (TIFFWriter(sample: .signed(8)), "signed integer"),
        (TIFFWriter(sample: .signed(16)), "signed integer"), (TIFFWriter(sample: .signed(32)), "signed integer"),
        (TIFFWriter(sample: .unsigned(24)), "24-bit integer"), (TIFFWriter(sample: .unsigned(64)), "64-bit integer"),
        (TIFFWriter(sample: .float(32), entries: [339: (3, [6, 6, 6])]), "complex"),
        (TIFFWriter(entries: [258: (3, [5, 6, 5])]), "different depths"),
        (TIFFWriter(photometric: 1, sample: .unsigned(1), samples: 2, extras: [2]), "1 bits each"),
        (TIFFWriter(photometric: 6), "YCbCr"),
        (TIFFWriter(photometric: 6, isPlanar: true, entries: [259: (3, [7])]), "YCbCr with separate"),
        (TIFFWriter(photometric: 10), "ITU L*a*b*"), (TIFFWriter(photometric: 9, sample: .float(32)), "ICC L*a*b* with 32"),
        (TIFFWriter(photometric: 6, entries: [259: (3, [6])]), "old JPEG"),
        (TIFFWriter(isPlanar: true, entries: [322: (4, [16]), 323: (4, [16]), 324: (4, [8]), 325: (4, [8])]), "tiles in separate"),
        (TIFFWriter(photometric: 4, samples: 1), "masks"),
        (TIFFWriter(photometric: 32803, samples: 1), "Camera raw"), (TIFFWriter(entries: [50706: (1, [1, 4, 0, 0])]), "Camera raw"),
        (TIFFWriter(photometric: 5, samples: 6, entries: [332: (3, [2])]), "inks"),
        (TIFFWriter(sample: .unsigned(32), samples: 4, extras: [1]), "associated alpha"),
        (TIFFWriter(photometric: 1, samples: 2, extras: [2], isPlanar: true), "separate planes"),
        (TIFFWriter(entries: [259: (3, [34933])]), "compression 34933"), (TIFFWriter(entries: [259: (3, [65000])]), "compression 65000"),
    ])
    func unsupportedLayoutIsNamed(writer: TIFFWriter, name: String) throws {
        for isBig in [false, true] {
            var writer = writer
            writer.isBig = isBig
            #expect {
                try render(writer.file { _, _, _ in 0x3c00 })
            } throws: { error in
                let failure = error as? RenderError
                return failure?.code == "unsupported_format" && failure?.message.contains(name) == true
            }
        }
    }

    /// libtiff reads LZMA, so pixels that it cannot read are damaged.
    @Test func damageInARareCompression() {
        #expect {
            try render(TIFFWriter(entries: [259: (3, [34925])]).file { _, _, _ in 0x3c })
        } throws: { ($0 as? RenderError)?.code == "damaged_image" }
    }

    /// Random layouts: any byte order, plane order, depth and number of extra bands.
    @Test(arguments: 0..<60)
    func randomLayoutsRenderOrAreRefused(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let photometric = [0, 1, 2][Int.random(in: 0..<3, using: &random)]
        let sample = Self.depths[Int.random(in: 0..<5, using: &random)]
        let colours = photometric == 2 ? 3 : 1
        var extras = (0..<Int.random(in: 0...4, using: &random)).map { _ in [0, 0, 2][Int.random(in: 0..<3, using: &random)] }
        // libvips supports associated alpha neither with 32-bit integers nor in any but the last of four samples: rejected by name.
        let isReadable = sample != .unsigned(32) && sample != .float(16) && !(sample == .float(32) && photometric == 0)
        let mayDivide = isReadable && (colours + extras.count != 4 || colours == 3)
        if mayDivide, !extras.isEmpty, Bool.random(using: &random) { extras[Int.random(in: 0..<extras.count, using: &random)] = 1 }
        // Nor alpha in a separate plane after one of grey.
        let mayBePlanar = colours == 3 || extras.allSatisfy { $0 == 0 }
        let writer = TIFFWriter(
            width: Int.random(in: 1...70, using: &random), height: Int.random(in: 1...40, using: &random), photometric: photometric,
            sample: sample, samples: colours + extras.count, extras: extras.isEmpty && Bool.random(using: &random) ? nil : extras,
            isBig: Bool.random(using: &random), isLittleEndian: Bool.random(using: &random),
            isPlanar: Bool.random(using: &random) && mayBePlanar,
            rowsPerStrip: Int.random(in: 1...40, using: &random), directoryFirst: Bool.random(using: &random))
        let alpha = extras.lastIndex(of: 1) ?? extras.firstIndex(of: 2)
        let isDivided = extras.contains(1)
        let pixels = (0..<writer.width * writer.height).map { _ in
            (0..<colours + extras.count).map { _ in Double(Int.random(in: 0...255, using: &random)) }
        }
        func opacity(_ pixel: [Double]) -> Double { alpha.map { pixel[colours + $0] } ?? 255 }
        let file = writer.file { x, y, band in
            let pixel = pixels[y * writer.width + x]
            let value = isDivided && band < colours ? pixel[band] * opacity(pixel) / 255 : pixel[band]
            return bits(photometric == 0 && band == 0 ? 255 - value : value, sample)
        }
        let rendering = try render(file)
        let picture = try rendering.picture()
        #expect(rendering.metadata.hasAlpha == (alpha != nil))
        let isOpaque = pixels.allSatisfy { opacity($0) == 255 }
        #expect(picture.bands == (isOpaque ? 3 : 4), "\(writer)")
        // Dividing by alpha amplifies the rounding to 8 bits.
        for (index, pixel) in pixels.enumerated() {
            let shown = picture[index % writer.width, index / writer.width]
            let tolerance = isDivided ? max(2, Int(600 / max(1, opacity(pixel)))) : 1
            let isVisible = !isDivided || opacity(pixel) > 4
            let colour = (0..<3).allSatisfy { band -> Bool in
                let expected = pixel[colours == 3 ? band : 0]
                return abs(Double(shown[band]) - expected) <= Double(tolerance)
            }
            let isClear = isOpaque || abs(Double(shown[3]) - opacity(pixel)) <= 1
            try #require((colour || !isVisible) && isClear, "\(writer): \(pixel) became \(shown)")
        }
    }

    /// Alpha from 0 to 255 in every format that supports it, at every depth, with and without a profile.
    @Test(arguments: [("png", 8), ("png", 16), ("webp", 8), ("tiff", 8), ("tiff", 16), ("avif", 8), ("avif", 12)], [false, true])
    func alphaKeepsItsValues(kind: (format: String, bits: Int), isWide: Bool) throws {
        let isLarge = kind.bits > 8
        var image = try TestImage.made(256, 40, bands: 4) { x, _ in [200, 60, 60, UInt8(x)] }
        if isWide {
            image = try image.applying("icc_transform", ["output_profile": .text("p3"), "input_profile": .text("srgb")])
        }
        if isLarge { image = try wide(image, interpretation: 25) }
        let arguments: VipsArguments =
            switch kind.format {
            case "avif": ["compression": .integer(4), "lossless": .flag(true), "effort": .integer(0), "bitdepth": .integer(kind.bits)]
            case "webp": ["lossless": .flag(true)]
            default: [:]
            }
        let saver = kind.format == "avif" ? "heifsave_buffer" : "\(kind.format)save_buffer"
        let rendering = try render(try TestImage.data(image, saver, arguments))
        let picture = try rendering.picture()
        #expect(rendering.metadata.hasAlpha && picture.bands == 4)
        let tolerance = kind.format == "avif" ? 2 : 0
        for x in 0..<256 { #expect(abs(Int(picture[x, 20][3]) - x) <= tolerance, "at \(x): \(picture[x, 20])") }
        #expect(picture.shows([200, 60, 60], at: 200, 20, tolerance: 6))
    }

    @Test func avifWith10BitsIsDecoded() throws {
        let rendering = try render(try LayoutFile.data("rgba-10-bit-alpha-ramp.avif"))
        let picture = try rendering.picture()
        #expect(rendering.metadata.format == "avif" && rendering.metadata.hasAlpha)
        for x in 0..<256 { #expect(picture.shows([200, 60, 60, UInt8(x)], at: x, 8, tolerance: 1), "at \(x): \(picture[x, 8])") }
    }

    @Test(arguments: ["", "-10-bit"])
    func premultipliedAlphaIsUndone(depth: String) throws {
        let picture = try render(try LayoutFile.data("rgba-premultiplied\(depth).avif")).picture()
        // Low alpha leaves little precision for colours.
        for (x, tolerance) in [(10, 4), (30, 3), (45, 2), (63, 1)] {
            let alpha = UInt8(3 + x * 4)
            #expect(picture.shows([200, 100, 50, alpha], at: x, 8, tolerance: tolerance), "at \(x): \(picture[x, 8])")
        }
    }

    /// Only a reference says that, wherever it is among the references, and not its letters in a name.
    @Test func coloursAreMultipliedWhereAReferenceSaysSo() throws {
        var named = try LayoutFile.data("rgba-10-bit-alpha-ramp.avif")
        let name = try #require(named.range(of: Data("Alpha\0".utf8)))
        named.replaceSubrange(name, with: Data("xprem\0".utf8))
        let plain = try render(named).picture()
        for x in [10, 100, 200] { #expect(plain.shows([200, 60, 60, UInt8(x)], at: x, 8, tolerance: 1), "at \(x): \(plain[x, 8])") }

        var multiplied = try LayoutFile.data("rgba-premultiplied.avif")
        let references = try #require(multiplied.range(of: Data("iref".utf8))).upperBound + 4
        let (first, second) = (references..<references + 14, references + 14..<references + 28)
        #expect(multiplied[first.dropFirst(4).prefix(4)] == Data("prem".utf8))
        multiplied.replaceSubrange(first.lowerBound..<second.upperBound, with: multiplied[second] + multiplied[first])
        let picture = try render(multiplied).picture()
        #expect(picture.shows([200, 100, 50, 183], at: 45, 8, tolerance: 2), "\(picture[45, 8])")
    }

    /// A profile that was not applied is not written, with or without alpha next to the colours.
    @Test(arguments: [5, 2, 8])
    func alphaDoesNotRestoreAMismatchedProfile(photometric: Int) throws {
        let colours = photometric == 5 ? 4 : 3
        // RGB profiles for CMYK and L*a*b*, a grey one for RGB.
        let profile = ProfileWriter(space: photometric == 2 ? "GRAY" : "RGB ", curve: .gamma(1)).data
        let writer = TIFFWriter(photometric: photometric, samples: colours + 1, extras: [2], profile: profile)
        let source = writer.file { x, _, band in band == colours ? UInt64(x * 30) : 90 }
        for format in [ImageFormat.png, .webp, .tiff, .avif] {
            let spec = OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(colorProfile: .keep))
            let file = try render(source, [spec]).files[0]
            #expect(file.range(of: Data("acsp".utf8)) == nil && file.range(of: Data("iCCP".utf8)) == nil, "\(format)")
        }
    }

    /// The strips in which pixels are stored are higher than what a decoder keeps, so nothing is decoded twice.
    @Test func largeImagesWithAlphaAndProfileAreDecoded() throws {
        let small = try TestImage.made(64, 64, bands: 4) { x, y in [UInt8(x * 4), UInt8(y * 4), 90, UInt8(x + y * 3)] }
        let large = try wide(small, interpretation: 25)
            .applying("zoom", ["xfac": .integer(30), "yfac": .integer(30)], as: "input")
            .applying("icc_transform", ["output_profile": .text("p3"), "input_profile": .text("srgb"), "depth": .integer(16)])
        let picture = try render(try TestImage.data(large, "pngsave_buffer", ["compression": .integer(1)])).picture()
        #expect((picture.width, picture.height, picture.bands) == (1920, 1920, 4))
        for (x, y) in [(0, 0), (10, 40), (40, 50), (63, 63)] {
            let pixel = picture[x * 30 + 9, y * 30 + 9]
            #expect(picture.shows([UInt8(x * 4), UInt8(y * 4), 90], at: x * 30 + 9, y * 30 + 9, tolerance: 3), "\(x), \(y): \(pixel)")
            #expect(pixel[3] == UInt8(x + y * 3))
        }
    }

    /// The same picture with 16 bits per sample.
    private func wide(_ image: Image, interpretation: Int) throws -> Image {
        try image.applying("linear", ["a": .numbers([257]), "b": .numbers([0])]).applying("cast", ["format": .ushort])
            .applying("copy", ["interpretation": .integer(interpretation)])
    }

    @Test(arguments: [1, 2, 3, 4], [8, 16])
    func pngBandsAreDecoded(bands: Int, bits: Int) throws {
        var image = try TestImage.made(32, 32, bands: bands) { x, y in
            Array([UInt8(x * 8), UInt8(y * 8), 40, UInt8(x * 4 + y * 4)].prefix(bands))
        }
        if bits == 16 { image = try wide(image, interpretation: bands < 3 ? 26 : 25) }
        let picture = try render(try TestImage.data(image, "pngsave_buffer")).picture()
        #expect(picture.bands == (bands % 2 == 0 ? 4 : 3))
        let pixel = [UInt8(80), 160, 40, 120]
        let expected: [UInt8] = bands == 1 ? [80, 80, 80] : bands == 2 ? [80, 80, 80, 160] : Array(pixel.prefix(bands))
        #expect(picture.shows(expected, at: 10, 20, tolerance: 0), "\(picture[10, 20])")
    }
}
