import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

@Suite struct Encoding {
    private func output(
        _ source: Data, _ format: OutputFormat, _ encoder: EncoderOptions = EncoderOptions(), animated: Bool = false
    ) throws -> (OutputResult, Data) {
        let rendering = try render(source, [OutputSpec(name: "a", format: format, encoder: encoder, animated: animated)])
        return (rendering.results[0], rendering.files[0])
    }

    @Test(arguments: ImageFormat.allCases)
    func writesEveryFormat(format: ImageFormat) throws {
        let (result, data) = try output(try TestImage.file(.png), .fixed(format))
        #expect(result.format == format)
        let sniffed = try data.withUnsafeBytes { try SourceFormat.sniffed($0) }
        #expect(sniffed.rawValue == format.rawValue)
        #expect(try Picture(data).hasCorners([TestImage.red, TestImage.green, TestImage.blue, TestImage.white], tolerance: 40))
    }

    @Test(arguments: [ImageFormat.jpeg, .png, .webp, .gif, .tiff])
    func autoKeepsTheFormat(format: ImageFormat) throws {
        #expect(try output(try TestImage.file(format), .auto).0.format == format)
    }

    @Test func autoChoosesAFormatWithTransparency() throws {
        let rendering = try render(
            try TestImage.file(.jpeg), [OutputSpec(name: "a", operations: [.round(.init(radius: 5))], format: .auto)])
        #expect(rendering.results[0].format == .png)
    }

    @Test func jpegFlattensTransparencyToWhite() throws {
        let clear = try TestImage.encoded(try TestImage.made(16, 16, bands: 4) { _, _ in [10, 10, 10, 0] }, .png)
        #expect(try Picture(try output(clear, .fixed(.jpeg)).1).shows(TestImage.white, at: 8, 8))
    }

    @Test(arguments: [ImageFormat.jpeg, .webp, .avif])
    func lowerQualityIsSmaller(format: ImageFormat) throws {
        let photo = try TestImage.encoded(try TestImage.photo(200, 150), .png)
        let good = try output(photo, .fixed(format), EncoderOptions(quality: 90, effort: 0)).1
        let poor = try output(photo, .fixed(format), EncoderOptions(quality: 20, effort: 0)).1
        #expect(poor.count < good.count * 3 / 4)
    }

    @Test(arguments: [ImageFormat.jpeg, .webp])
    func maxBytesIsKept(format: ImageFormat) throws {
        let photo = try TestImage.encoded(try TestImage.photo(320, 240), .png)
        let free = try output(photo, .fixed(format), EncoderOptions(quality: 90)).1.count
        let (result, data) = try output(photo, .fixed(format), EncoderOptions(quality: 90, maxBytes: free / 2))
        #expect(result.failure == nil && data.count <= free / 2 && data.count > free / 4)
    }

    /// The standard tables cost more than a third of a JPEG of low quality.
    @Test func maxBytesIsReachedWithTablesOfThePicture() throws {
        let photo = try TestImage.encoded(try TestImage.photo(320, 240), .png)
        let least = try output(photo, .fixed(.jpeg), EncoderOptions(quality: 1)).1.count
        let (result, data) = try output(photo, .fixed(.jpeg), EncoderOptions(maxBytes: least * 3 / 4))
        #expect(result.failure == nil && data.count <= least * 3 / 4)
    }

    @Test func unreachableMaxBytesIsAFailure() throws {
        let photo = try TestImage.encoded(try TestImage.photo(320, 240), .png)
        #expect(try output(photo, .fixed(.jpeg), EncoderOptions(maxBytes: 100)).0.failure?.code == "max_bytes_unreachable")
    }

    @Test func losslessWebPKeepsEveryPixel() throws {
        let source = try TestImage.encoded(try TestImage.photo(60, 40), .png)
        let before = try Picture(source)
        let after = try Picture(try output(source, .fixed(.webp), EncoderOptions(lossless: true)).1)
        #expect((0..<40).allSatisfy { y in (0..<60).allSatisfy { before[$0, y] == after[$0, y] } })
    }

    @Test func metadataIsStrippedUnlessKept() throws {
        let source = try TestImage.jpeg(orientation: 6)
        let marker = Data("Exif".utf8)
        #expect(try output(source, .fixed(.jpeg)).1.range(of: marker) == nil)
        let kept = try output(source, .fixed(.jpeg), EncoderOptions(strip: false)).1
        #expect(kept.range(of: marker) != nil)
        // Kept, but set to 1, because the pixels are upright.
        #expect(try render(kept).metadata.orientation == 1)
    }

    @Test func progressiveAndChromaReachTheEncoder() throws {
        let source = try TestImage.encoded(try TestImage.photo(200, 150), .png)
        let progressive = try output(source, .fixed(.jpeg), EncoderOptions(progressive: true)).1
        #expect(progressive.range(of: Data([0xff, 0xc2])) != nil)
        let half = try output(source, .fixed(.jpeg), EncoderOptions(quality: 80, chroma: .half)).1
        let full = try output(source, .fixed(.jpeg), EncoderOptions(quality: 80, chroma: .full)).1
        #expect(half.count < full.count)
    }

    @Test(arguments: [ImageFormat.gif, .webp])
    func animationIsKeptWhenAsked(format: ImageFormat) throws {
        let source = try TestImage.animation([TestImage.red, TestImage.green, TestImage.blue], .gif)
        let spec = OutputSpec(name: "a", operations: [.resize(.init(width: 10)), .flip], format: .fixed(format), animated: true)
        let rendering = try render(source, [spec, OutputSpec(name: "still", format: .fixed(format))])
        #expect(rendering.metadata.frames == 3 && rendering.results[0].frames == 3 && rendering.results[1].frames == 1)
        let picture = try Picture(rendering.files[0])
        #expect(picture.frames == 3 && picture.width == 10 && picture.height == 5)
        for (index, color) in [TestImage.red, TestImage.green, TestImage.blue].enumerated() {
            #expect(picture.shows(color, at: 5, index * 5 + 2, tolerance: 40))
        }
        #expect(try Picture(rendering.files[1]).frames == 1)
    }

    @Test func anAnimationAsJPEGIsItsFirstFrame() throws {
        let source = try TestImage.animation([TestImage.red, TestImage.green], .webp)
        let (result, data) = try output(source, .fixed(.jpeg), animated: true)
        #expect(result.frames == 1 && result.height == 10)
        #expect(try Picture(data).shows(TestImage.red, at: 5, 5, tolerance: 20))
    }
}

@Suite struct SourceMetadataTests {
    @Test func reportsColourAndHash() throws {
        let metadata = try render(try TestImage.encoded(try TestImage.made(40, 30, bands: 3) { _, _ in [200, 30, 40] }, .png)).metadata
        #expect(metadata.dominantColor == "#c81e28")
        // One colour: only the mean, without further components.
        let hash = try #require(metadata.blurhash)
        #expect(hash.count == 6 + 2 * 11 && hash.hasPrefix("L0"))
    }

    /// Reference value: computed by hand from the format's description for a plain black image.
    @Test func blackImageHasAKnownBlurHash() throws {
        let metadata = try render(try TestImage.encoded(try TestImage.made(16, 16, bands: 3) { _, _ in [0, 0, 0] }, .png)).metadata
        #expect(metadata.blurhash == "L00000fQfQfQfQfQfQfQfQfQfQfQ")
    }

    @Test func colourThatAlphaHidesIsNotInTheBlurHash() throws {
        func hash(_ hidden: [UInt8]) throws -> String? {
            let picture = try TestImage.made(64, 48, bands: 4) { x, _ in x < 32 ? [0, 90, 200, 255] : hidden + [0] }
            return try render(try TestImage.encoded(picture, .png)).metadata.blurhash
        }
        let black = try #require(try hash([0, 0, 0]))
        #expect(try hash([255, 0, 0]) == black)
        #expect(try hash([13, 250, 99]) == black)
    }

    @Test func blurHashOfAPortraitHasMoreVerticalComponents() throws {
        let metadata = try render(try TestImage.file(.png, 30, 60)).metadata
        // The first character encodes the number of components: (3 - 1) + (4 - 1) * 9 = 29.
        #expect(metadata.blurhash?.first == "T")
    }

    @Test func dominantColourIsTheMostFrequentOne() throws {
        let image = try TestImage.made(40, 40, bands: 3) { x, _ in x < 26 ? [10, 20, 200] : [250, 240, 20] }
        #expect(try render(try TestImage.encoded(image, .png)).metadata.dominantColor == "#0a14c8")
    }
}
