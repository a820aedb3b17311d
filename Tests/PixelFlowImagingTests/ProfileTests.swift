import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

/// Profiles are judged by their contents.
@Suite struct Profiles {
    private func isStandard(_ profile: ProfileWriter) -> Bool? {
        profile.data.withUnsafeBytes { ICCProfile($0)?.isStandard }
    }

    @Test func sRGBIsRecognisedByItsColours() {
        for version in [2, 4] {
            for curve in [ProfileWriter.Curve.standardParametric, .standardTable(1024), .standardTable(4096)] {
                #expect(isStandard(ProfileWriter(version: version, name: "Untitled", curve: curve)) == true)
                #expect(isStandard(ProfileWriter(space: "GRAY", version: version, curve: curve)) == true)
            }
            for gamma in [1, 1.8, 2.2, 2.6] {
                #expect(isStandard(ProfileWriter(version: version, name: "sRGB IEC61966-2.1", curve: .gamma(gamma))) == false)
            }
            #expect(isStandard(ProfileWriter(version: version, name: "sRGB", primaries: ProfileWriter.wide)) == false)
        }
    }

    /// A grey or RGB picture with `profile` in a TIFF file; every sample has the same value.
    private func source(_ profile: Data, value: UInt64, samples: Int = 3) -> Data {
        TIFFWriter(width: 16, height: 16, photometric: samples == 1 ? 1 : 2, samples: samples, profile: profile).file { _, _, _ in value }
    }

    private func output(
        _ source: Data, _ format: ImageFormat, _ profile: EncoderOptions.ColorProfile, _ operations: [ImageOperation] = []
    ) throws -> Data {
        let spec = OutputSpec(name: "a", operations: operations, format: .fixed(format), encoder: EncoderOptions(colorProfile: profile))
        let rendering = try render(source, [spec])
        #expect(rendering.results[0].failure == nil)
        return rendering.files[0]
    }

    @Test(arguments: [1, 3])
    func curvesAreApplied(samples: Int) throws {
        // 55 in linear light is 128 in sRGB.
        let linear = ProfileWriter(space: samples == 1 ? "GRAY" : "RGB ", name: "sRGB", curve: .gamma(1)).data
        let converted = try Picture(try output(source(linear, value: 55, samples: samples), .png, .srgb))
        #expect(converted.shows([128, 128, 128], at: 8, 8, tolerance: 2))
        let standard = ProfileWriter(space: samples == 1 ? "GRAY" : "RGB ").data
        let same = try Picture(try output(source(standard, value: 55, samples: samples), .png, .srgb))
        #expect(same.shows([55, 55, 55], at: 8, 8, tolerance: 0))
    }

    @Test(arguments: [ImageFormat.png, .jpeg, .tiff])
    func greyStaysGreyWithItsProfile(format: ImageFormat) throws {
        let linear = ProfileWriter(space: "GRAY", name: "a profile of grey", curve: .gamma(1)).data
        let file = try output(source(linear, value: 55, samples: 1), format, .keep, [.resize(.init(width: 8)), .blur(.init(sigma: 1))])
        let picture = try Picture(file)
        #expect(picture.bands == 1 && picture.shows([55], at: 4, 4, tolerance: 1))
        #expect(format == .png ? file.range(of: Data("iCCP".utf8)) != nil : file.range(of: linear) != nil)
    }

    /// Colours of a pipeline are those of sRGB: 128 there is 55 in linear light.
    @Test(
        arguments: [
            .pad(.init(left: 8, background: grey)), .resize(.init(width: 32, height: 16, fit: .contain, background: grey)),
            .rotate(.init(angle: 45, background: grey)), .flatten(.init(background: grey)),
        ] as [ImageOperation], [1, 3])
    func coloursOfAPipelineAreConvertedToAKeptProfile(operation: ImageOperation, samples: Int) throws {
        let profile = ProfileWriter(space: samples == 1 ? "GRAY" : "RGB ", curve: .gamma(1)).data
        let clear = TIFFWriter(
            width: 16, height: 16, photometric: samples == 1 ? 1 : 2, samples: samples + 1, extras: [2], profile: profile)
        let file = try output(clear.file { _, _, sample in sample == samples ? 0 : 200 }, .png, .keep, [operation])
        let picture = try Picture(file)
        #expect(picture[0, 0].prefix(samples).allSatisfy { abs(Int($0) - 55) <= 1 }, "\(picture[0, 0])")
    }

    @Test func aWatermarkIsConvertedToAKeptProfile() throws {
        let id = "0190a0a0-0000-7000-8000-000000000001"
        let mark = try TestImage.data(try TestImage.made(4, 4, bands: 3) { _, _ in [128, 128, 128] }, "pngsave_buffer")
        let spec = OutputSpec(
            name: "a", operations: [.watermark(.init(image: TaskID(id), position: .gravity(.northwest)))], format: .fixed(.png),
            encoder: EncoderOptions(colorProfile: .keep))
        let linear = ProfileWriter(curve: .gamma(1)).data
        let picture = try render(source(linear, value: 200), [spec], overlays: [id: mark]).picture()
        #expect(picture.shows([55, 55, 55], at: 1, 1, tolerance: 1), "\(picture[1, 1])")
        #expect(picture.shows([200, 200, 200], at: 10, 10, tolerance: 0))
    }

    @Test(arguments: [1, 3])
    func factsAreThoseOfStandardColours(samples: Int) throws {
        let linear = ProfileWriter(space: samples == 1 ? "GRAY" : "RGB ", curve: .gamma(1)).data
        func metadata(_ profile: EncoderOptions.ColorProfile) throws -> SourceMetadata {
            let spec = OutputSpec(name: "a", format: .fixed(.png), encoder: EncoderOptions(colorProfile: profile))
            return try render(source(linear, value: 55, samples: samples), [spec]).metadata
        }
        let (kept, converted) = (try metadata(.keep), try metadata(.srgb))
        #expect(kept.dominantColor == "#808080" && kept == converted)
    }

    /// Each colour space is decoded once, and budgeted.
    @Test func greyThatBecomesColourIsDecodedOnce() throws {
        let grey = source(ProfileWriter(space: "GRAY", curve: .gamma(1)).data, value: 55, samples: 1)
        try grey.withUnsafeBytes { bytes in
            let header = try Load.header(of: bytes, limits: ImageLimits())
            let keep = EncoderOptions(colorProfile: .keep)
            let webp = OutputSpec(name: "a", format: .fixed(.webp), encoder: keep)
            let png = OutputSpec(name: "b", format: .fixed(.png), encoder: keep)
            #expect(header.colours(of: Pipeline(outputs: [webp])) == [.srgb])
            #expect(header.colours(of: Pipeline(outputs: [webp, png])) == [.srgb, .keep])
        }
    }

    private static let grey = Color(red: 128, green: 128, blue: 128)

    /// Pixels that are no longer grey must not have a grey profile, nor values that only that profile explains.
    @Test(arguments: [
        (ImageFormat.webp, []), (.avif, []), (.gif, []), (.png, [ImageOperation.tint(.init(color: .black))]), (.png, [.grayscale]),
        (.jpeg, [.modulate(.init(saturation: 0))]),
    ])
    func greyThatBecomesColourIsConverted(format: ImageFormat, operations: [ImageOperation]) throws {
        let linear = ProfileWriter(space: "GRAY", name: "a profile of grey", curve: .gamma(1)).data
        let file = try output(source(linear, value: 55, samples: 1), format, .keep, operations)
        #expect(try Picture(file).shows([128, 128, 128], at: 8, 8, tolerance: 6))
        #expect(file.range(of: Data("GRAY".utf8)) == nil && file.range(of: Data("iCCP".utf8)) == nil)
    }

    /// A PNG of one colour, with additional chunks before the pixels.
    private func png(_ color: [UInt8], _ chunks: [(String, [UInt32])]) throws -> Data {
        let plain = try TestImage.data(try TestImage.made(16, 16, bands: color.count) { _, _ in color }, "pngsave_buffer")
        var file = [UInt8](plain[..<33])
        for (name, values) in chunks {
            file += HostileFile.chunk(name, name == "cICP" ? values.map { UInt8($0) } : values.flatMap(\.bigEndianBytes))
        }
        return Data(file + plain[33...])
    }

    private static let p3Points: [UInt32] = [31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000]
    private static let standardPoints: [UInt32] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000]

    /// The expected values are those of Little CMS with profiles of the same primaries and curves.
    @Test(
        arguments: [
            ([("gAMA", [100_000])], [229, 168, 122]), ([("gAMA", [45_455])], [200, 100, 50]), ([("gAMA", [0])], [200, 100, 50]),
            ([("cHRM", p3Points)], [215, 93, 31]), ([("cHRM", standardPoints), ("gAMA", [45_455])], [200, 100, 50]),
            ([("cICP", [12, 13, 0, 1])], [215, 93, 31]), ([("cICP", [9, 13, 0, 1])], [241, 76, 29]),
            ([("cICP", [1, 1, 0, 1])], [200, 100, 50]),
            ([("cICP", [9, 16, 0, 1])], [200, 100, 50]), ([("sRGB", []), ("gAMA", [100_000])], [200, 100, 50]),
            ([("cHRM", [0, 0, 0, 0, 0, 0, 0, 0])], [200, 100, 50]),
            // A nearly black white point: adapted, its primaries are brighter than a profile can express.
            ([("cHRM", [60_619, 26_259, 90_000, 5_000, 40_000, 50_000, 30_000, 5_000])], [200, 100, 50]),
            ([("cHRM", [31_270, 32_900, 64_000, 33_000, 64_000, 33_000, 15_000, 6_000])], [200, 100, 50]),
        ] as [([(String, [UInt32])], [UInt8])])
    func pngColourChunksAreApplied(chunks: [(String, [UInt32])], expected: [UInt8]) throws {
        let source = try png([200, 100, 50], chunks)
        let picture = try render(source).picture()
        #expect(picture.shows(expected, at: 8, 8, tolerance: 2), "\(picture[8, 8])")
        let kept = try output(source, .webp, .keep)
        #expect(kept.range(of: Data("ICCP".utf8)) != nil || expected == [200, 100, 50])
        #expect(try Picture(kept).shows([200, 100, 50], at: 8, 8, tolerance: 6))
    }

    /// `cICP` means more than a profile, unless it declares what cannot be converted.
    @Test(
        arguments: [([12, 13, 0, 1], [215, 93, 31]), ([1, 13, 0, 1], [200, 100, 50]), ([9, 16, 0, 1], [229, 168, 122])]
            as [([UInt32], [UInt8])])
    func codePointsBesideAProfile(points: [UInt32], expected: [UInt8]) throws {
        let linear = [UInt8](ProfileWriter(curve: .gamma(1)).data)
        var source = try png([200, 100, 50], [("cICP", points)])
        source.insert(contentsOf: HostileFile.chunk("iCCP", Array("a\0\0".utf8) + PlantedFile.stored(linear)), at: 33)
        let picture = try render(source).picture()
        #expect(picture.shows(expected, at: 8, 8, tolerance: 2), "\(picture[8, 8])")
        let kept = try Picture(try output(source, .png, .keep))
        #expect(kept.shows([200, 100, 50], at: 8, 8, tolerance: 0))
    }

    @Test func greyWithItsOwnGamma() throws {
        let source = try png([55], [("gAMA", [100_000])])
        #expect(try render(source).picture().shows([128], at: 8, 8, tolerance: 2))
        let kept = try Picture(try output(source, .png, .keep))
        #expect(kept.bands == 1 && kept.shows([55], at: 8, 8, tolerance: 0))
    }

    @Test func avifColourPropertiesAreApplied() throws {
        let picture = try render(try LayoutFile.data("p3-without-a-profile.avif")).picture()
        #expect(picture.shows([215, 93, 31], at: 8, 8, tolerance: 3), "\(picture[8, 8])")
    }

    /// A gain map, for example, has a colour box of its own.
    @Test func avifColoursOfOtherItemsAreIgnored() throws {
        let file = try LayoutFile.data("p3-without-a-profile.avif")
        let associations = try #require(file.range(of: Data("ipma".utf8))).upperBound
        let primaries = try #require(file.range(of: Data("nclx".utf8))).upperBound + 1
        #expect(file[associations + 14] == 4 && file[primaries] == 12)
        // The box belongs to no picture, so the bitstream decides, which says P3.
        let picture = try render(file.replaced(at: associations + 14, [0]).replaced(at: primaries, [9])).picture()
        #expect(picture.shows([215, 93, 31], at: 8, 8, tolerance: 3), "\(picture[8, 8])")
    }

    @Test func greyInTheRangeOfVideoByItsBitstream() throws {
        let picture = try render(try LayoutFile.data("grey-in-video-range-by-bitstream.avif")).picture()
        // 85 of 255 in the range of video, next to noise of the encoder.
        #expect(picture.shows([6, 6, 6], at: 0, 2, tolerance: 3), "\(picture[0, 2])")
        #expect(picture.shows([85, 85, 85], at: 84, 2, tolerance: 3), "\(picture[84, 2])")
    }

    /// `cICP` can declare the range of video, which no PNG decoder widens.
    @Test func pngInTheRangeOfVideo() throws {
        let source = try png([232, 126, 16], [("cICP", [1, 13, 0, 0])])
        #expect(try render(source).picture().shows([252, 128, 0], at: 8, 8, tolerance: 1))
    }

    /// Little CMS would return 12 for 2 in linear light.
    @Test(arguments: [8, 16])
    func shadowsOfLinearGrey(bits: Int) throws {
        let linear = ProfileWriter(space: "GRAY", curve: .gamma(1)).data
        let levels = [0, 1, 2, 5, 20, 128, 254, 255]
        let writer = TIFFWriter(photometric: 1, sample: .unsigned(bits), samples: 1, profile: linear)
        let picture = try render(writer.file { x, _, _ in UInt64(levels[x] * (bits == 8 ? 1 : 257)) }).picture()
        for (x, level) in levels.enumerated() {
            let light = Double(level) / 255
            let encoded = (light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055) * 255
            let expected = UInt8(encoded.rounded())
            #expect(picture.shows([expected, expected, expected], at: x, 3, tolerance: 1), "\(level): \(picture[x, 3])")
        }
    }

    /// libheif returns three equal bands, to which a profile of grey does not fit.
    @Test func greyAVIFWithAProfile() throws {
        let file = try LayoutFile.data("grey-with-linear-profile.avif")
        let picture = try render(file).picture()
        #expect(picture.shows([188, 188, 188], at: 8, 8, tolerance: 2), "\(picture[8, 8])")
        let kept = try Picture(try output(file, .png, .keep))
        #expect(kept.bands == 1 && kept.shows([128], at: 8, 8, tolerance: 1))
    }

    static let damages: [(String, @Sendable (Data) -> Data)] = [
        ("no signature", { $0.replaced(at: 36, [0, 0, 0, 0]) }),
        ("cut off", { $0.prefix($0.count / 2) }),
        ("a tag outside", { $0.replaced(at: 140, [0, 255, 255, 255]) }),
        ("too many tags", { $0.replaced(at: 128, [0x7f, 255, 255, 255]) }),
        ("no curves", { $0.replacing("TRC", "ZZZ") }),
        ("no primaries", { $0.replacing("rXYZ", "rXXX") }),
        ("black primaries", { _ in ProfileWriter(primaries: Array(repeating: [0, 0, 0], count: 3)).data }),
        ("shorter than its tags", { $0.replaced(at: 0, [0, 0, 0, 200]) }),
        ("of a version to come", { $0.replaced(at: 8, [9]) }),
        ("text", { _ in Data("this is no profile at all, whatever it says".utf8) }),
        ("one byte", { _ in Data([1]) }),
        ("of inks", { $0.replaced(at: 16, Array("CMYK".utf8)) }),
        ("of no known colours", { $0.replaced(at: 16, Array("ABCD".utf8)) }),
        ("a link", { $0.replaced(at: 12, Array("link".utf8)) }),
    ]

    @Test(arguments: damages.indices)
    func aDamagedProfileIsIgnored(index: Int) throws {
        let (name, damage) = Self.damages[index]
        let damaged = damage(ProfileWriter(curve: .gamma(1), primaries: ProfileWriter.wide).data)
        for profile in [EncoderOptions.ColorProfile.srgb, .keep] {
            for format in [ImageFormat.png, .jpeg, .webp, .tiff, .avif] {
                let file = try output(source(damaged, value: 55), format, profile)
                #expect(try Picture(file).shows([55, 55, 55], at: 8, 8, tolerance: 4), "\(name), \(format), \(profile)")
                let isWritten = damaged.count >= 40 && file.range(of: damaged.prefix(40)) != nil
                #expect(!isWritten && file.range(of: Data("iCCP".utf8)) == nil, "\(name), \(format), \(profile)")
            }
        }
        let trace = VipsError.noted()?.description.lowercased() ?? ""
        #expect(!trace.contains("icc") && !trace.contains("profile"), "\(name) leaves a trace: \(trace)")
    }

    /// The profile of a picture must not appear in error messages, even if something else fails.
    @Test func aDamagedProfileIsInNoMessage() throws {
        let damaged = Self.damages[4].1(ProfileWriter(curve: .gamma(1)).data)
        let file = source(damaged, value: 55)
        let crop = ImageOperation.crop(.init(width: 1, height: 1, location: .offset(left: 99, top: 0)))
        let rendering = try render(file, crop)
        #expect(rendering.results[0].failure?.message.lowercased().contains("profile") == false)
    }
}

extension Data {
    fileprivate func replaced(at offset: Int, _ bytes: [UInt8]) -> Data {
        var copy = self
        copy.replace(at: offset, Data(bytes))
        return copy
    }

    fileprivate func replacing(_ text: String, _ other: String) -> Data {
        var copy = self
        while let range = copy.range(of: Data(text.utf8)) { copy.replaceSubrange(range, with: Data(other.utf8)) }
        return copy
    }
}
