import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

/// Profiles are judged by what is in them.
@Suite struct Profiles {
    private func isStandard(_ profile: ProfileWriter) -> Bool? {
        profile.data.withUnsafeBytes { ICCProfile($0)?.isStandard }
    }

    @Test func sRGBIsKnownByItsColours() {
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
        // 55 as light is 128 in sRGB.
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

    /// What is not grey any more must not have a grey profile, nor numbers that only that profile explains.
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

    static let damages: [(String, @Sendable (Data) -> Data)] = [
        ("no signature", { $0.replaced(at: 36, [0, 0, 0, 0]) }),
        ("cut off", { $0.prefix($0.count / 2) }),
        ("a tag outside", { $0.replaced(at: 140, [0, 255, 255, 255]) }),
        ("too many tags", { $0.replaced(at: 128, [0x7f, 255, 255, 255]) }),
        ("no curves", { $0.replacing("TRC", "ZZZ") }),
        ("no primaries", { $0.replacing("rXYZ", "rXXX") }),
        ("black primaries", { _ in ProfileWriter(primaries: Array(repeating: [0, 0, 0], count: 3)).data }),
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

    /// The profile of a picture is no reason for a message, not even where something else fails.
    @Test func aDamagedProfileIsInNoMessage() throws {
        let damaged = Self.damages[4].1(ProfileWriter(curve: .gamma(1)).data)
        let file = source(damaged, value: 55)
        let crop = ImageOperation.crop(.init(width: 1, height: 1, place: .offset(left: 99, top: 0)))
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
