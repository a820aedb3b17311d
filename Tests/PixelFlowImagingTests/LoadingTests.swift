import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

@Suite struct Loading {
    private let corners = [TestImage.red, TestImage.green, TestImage.blue, TestImage.white]

    @Test(arguments: ImageFormat.allCases)
    func readsEveryFormat(format: ImageFormat) throws {
        let rendering = try render(try TestImage.file(format), .resize(.init(width: 32, fit: .inside)))
        let picture = try rendering.picture()
        #expect(rendering.metadata.format == format.rawValue)
        #expect((rendering.metadata.width, rendering.metadata.height) == (64, 48))
        #expect((picture.width, picture.height) == (32, 24))
        #expect(picture.hasCorners(corners, tolerance: 20))
    }

    @Test(arguments: 1...8 as ClosedRange<UInt8>)
    func appliesTheExifOrientation(orientation: UInt8) throws {
        // The corners of the stored picture (0 1 at the top, 2 3 at the bottom) in the upright one.
        let upright = [
            [0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1], [0, 2, 1, 3], [2, 0, 3, 1], [3, 1, 2, 0], [1, 3, 0, 2],
        ]
        let rendering = try render(try TestImage.jpeg(orientation: orientation), .resize(.init(width: 600, height: 600, fit: .inside)))
        let picture = try rendering.picture()
        #expect(rendering.metadata.orientation == Int(orientation))
        let isTurned = orientation >= 5
        #expect((picture.width, picture.height) == (isTurned ? (48, 64) : (64, 48)))
        #expect((rendering.metadata.width, rendering.metadata.height) == (picture.width, picture.height))
        #expect(picture.hasCorners(upright[Int(orientation) - 1].map { corners[$0] }))
    }

    /// The specification allows EXIF before and after the pixels. Some programs write the header that only JPEG has.
    @Test(arguments: [false, true], [[], Array("Exif\0\0".utf8)])
    func turnsPNGUprightByExif(isLast: Bool, header: [UInt8]) throws {
        var data = try TestImage.file(.png)
        let tiff: [UInt8] = [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
        data.insert(contentsOf: HostileFile.chunk("eXIf", header + tiff), at: isLast ? data.count - 12 : 33)
        let rendering = try render(data)
        let picture = try rendering.picture()
        #expect(rendering.metadata.orientation == 6 && (picture.width, picture.height) == (48, 64))
        #expect(picture.hasCorners([2, 0, 3, 1].map { corners[$0] }))
    }

    /// Some encoders associate the transformations only with the colours, although alpha has the coordinates before them.
    @Test(arguments: [
        // The new places of three pixels.
        ("irot", (80, 96), [(4, 27), (56, 91), (56, 59)]), ("imir", (96, 80), [(27, 4), (91, 56), (59, 56)]),
        // The part of 40 x 30 pixels at (10, 20).
        ("clap", (40, 30), []),
    ])
    func alphaWithoutTheTransformationsOfTheColours(name: String, size: (Int, Int), places: [(Int, Int)]) throws {
        let rendering = try render(try LayoutFile.data("alpha-without-\(name).avif"))
        let picture = try rendering.picture()
        #expect((picture.width, picture.height) == size)
        #expect((rendering.metadata.width, rendering.metadata.height) == size)
        #expect(rendering.metadata.hasAlpha && picture.bands == 4)
        let pixels: [[UInt8]] = [[182, 13, 104, 255], [11, 180, 89, 128], [97, 180, 136, 128]]
        for (place, pixel) in zip(places, pixels) {
            #expect(picture.shows(pixel, at: place.0, place.1, tolerance: 3), "\(place): \(picture[place.0, place.1])")
        }
        if name == "clap" {
            #expect(picture.shows([131, 158, 143, 255], at: 39, 29, tolerance: 6), "\(picture[39, 29])")
            #expect(picture[0, 0][3] == 0 && picture[10, 10][3] == 0)
        }
    }

    /// Only the first page is decoded, so the others count towards no limit.
    @Test func pagesAreNotFrames() throws {
        let pages = try TestImage.quarters(40, 300)
        var limits = ImageLimits()
        limits.frames = 3
        limits.pixels = 40 * 30
        let source = try TestImage.data(pages, "tiffsave_buffer", ["page_height": .integer(30)])
        let rendering = try render(source, [OutputSpec(name: "a")], limits: limits)
        #expect(rendering.metadata.frames == 10 && (rendering.metadata.width, rendering.metadata.height) == (40, 30))
    }

    @Test func readsCMYK() throws {
        let cyan = try TestImage.made(32, 32, bands: 4) { _, _ in [255, 0, 0, 0] }
            .applying("copy", ["interpretation": .integer(15)])
        let picture = try render(try TestImage.data(cyan, "jpegsave_buffer")).picture()
        let pixel = picture[16, 16]
        #expect(picture.bands == 3)
        #expect(pixel[0] < 90 && pixel[1] > 130 && pixel[2] > 180)
    }

    @Test func reads16Bit() throws {
        let wide = try TestImage.quarters().applying("cast", ["format": .integer(2)])
            .applying("linear", ["a": .numbers([257]), "b": .numbers([0])]).applying("cast", ["format": .integer(2)])
            .applying("copy", ["interpretation": .integer(25)])
        let picture = try render(try TestImage.data(wide, "pngsave_buffer")).picture()
        #expect(picture.hasCorners(corners))
    }

    @Test(arguments: ["palette", "interlace"])
    func readsKindsOfPNG(option: String) throws {
        let arguments: VipsArguments = option == "palette" ? ["palette": .flag(true)] : ["interlace": .flag(true)]
        let picture = try render(try TestImage.data(try TestImage.quarters(), "pngsave_buffer", arguments)).picture()
        #expect(picture.hasCorners(corners))
    }

    @Test func readsProgressiveJPEG() throws {
        let data = try TestImage.data(try TestImage.quarters(512, 512), "jpegsave_buffer", ["interlace": .flag(true)])
        #expect(try render(data, .resize(.init(width: 64))).picture().hasCorners(corners))
    }

    @Test(arguments: [1, 2])
    func readsGrey(bands: Int) throws {
        let grey = try TestImage.made(16, 16, bands: bands) { _, _ in Array([128, 100].prefix(bands)) }
        let rendering = try render(try TestImage.data(grey, "pngsave_buffer"))
        #expect(rendering.metadata.hasAlpha == (bands == 2))
        #expect(try rendering.picture().shows([128, 128, 128], at: 8, 8))
    }

    @Test(arguments: [
        ("", "not_an_image"), ("This is no picture, whatever its name says.", "not_an_image"),
        ("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "unsupported_format"),
        ("%PDF-1.7\n", "unsupported_format"), ("BM46\0\0\0\0\0\0\u{36}\0\0\0", "unsupported_format"), ("BM is a text", "not_an_image"),
        ("GIF89", "not_an_image"),
    ])
    func refusesBytesThatAreNotAnImage(text: String, code: String) throws {
        #expect {
            try render(Data(text.utf8))
        } throws: { ($0 as? RenderError)?.code == code }
    }

    @Test func refusesHugeImagesByTheirHeader() throws {
        #expect {
            try render(HostileFile.png(edge: 30_000))
        } throws: { ($0 as? RenderError)?.code == "too_many_pixels" }
    }

    @Test func refusesManyFrames() throws {
        #expect(try render(HostileFile.gif(frames: 10)).metadata.frames == 10)
        #expect {
            try render(HostileFile.gif(frames: 10_000))
        } throws: { ($0 as? RenderError)?.code == "too_many_frames" }
    }

    @Test func countsThePixelsOfAllFrames() throws {
        var limits = ImageLimits()
        limits.pixels = 9
        #expect {
            try render(HostileFile.gif(frames: 10), [OutputSpec(name: "a")], limits: limits)
        } throws: { ($0 as? RenderError)?.code == "too_many_pixels" }
    }
}

@Suite struct ColourProfiles {
    /// A JPEG of one shade of red in a wide colour space, with its profile.
    private func wideRed() throws -> Data {
        let red = try TestImage.made(32, 32, bands: 3) { _, _ in [200, 0, 0] }
        let wide = try red.applying("icc_transform", ["output_profile": .text("p3"), "input_profile": .text("srgb")])
        return try TestImage.data(wide, "jpegsave_buffer", ["Q": .integer(95)])
    }

    @Test func aWideProfileBecomesSRGB() throws {
        let rendering = try render(try wideRed(), [OutputSpec(name: "a", format: .fixed(.png))])
        #expect(try Picture(rendering.files[0]).shows([200, 0, 0], at: 16, 16, tolerance: 4))
        #expect(rendering.files[0].range(of: Data("iCCP".utf8)) == nil)
    }

    @Test func aKeptProfileLeavesPixelsUnchanged() throws {
        let encoder = EncoderOptions(colorProfile: .keep)
        let rendering = try render(try wideRed(), [OutputSpec(name: "a", format: .fixed(.png), encoder: encoder)])
        // In the wide space, the same red has other values.
        #expect(!(try Picture(rendering.files[0]).shows([200, 0, 0], at: 16, 16, tolerance: 4)))
        #expect(rendering.files[0].range(of: Data("iCCP".utf8)) != nil)
    }

    @Test func standardProfilesAreKnownAndOthersAreNot() throws {
        try VipsLibrary.start()
        let plain = try TestImage.made(4, 4, bands: 3) { _, _ in [1, 2, 3] }
        for (profile, isStandard) in [("srgb", true), ("p3", false)] {
            let tagged = try plain.applying("icc_transform", ["output_profile": .text(profile), "input_profile": .text("srgb")])
            #expect(tagged.withBlob(Colour.iccField) { ICCProfile($0)?.isStandard } == isStandard)
        }
        #expect(withUnsafeBytes(of: 0) { ICCProfile($0) } == nil)
    }
}
