import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

@Suite struct Trimming {
    private func trimmed(_ source: Data, threshold: Double = 10) throws -> Picture {
        try render(source, .trim(.init(threshold: threshold))).picture()
    }

    private func trimmed(
        _ width: Int, _ height: Int, bands: Int, threshold: Double = 10, _ pixel: (Int, Int) -> [UInt8]
    ) throws -> (width: Int, height: Int) {
        let picture = try trimmed(
            try TestImage.data(try TestImage.made(width, height, bands: bands, pixel), "pngsave_buffer"), threshold: threshold)
        return (picture.width, picture.height)
    }

    @Test(arguments: [("trim-black-logo-on-transparent.png", 20, 20), ("trim-loses-small-dots.png", 20, 37)])
    func reportedFilesAreTrimmed(name: String, width: Int, height: Int) throws {
        let picture = try trimmed(try FieldFile.data(name))
        #expect((picture.width, picture.height) == (width, height))
    }

    /// Colours under full transparency do not matter.
    @Test func coloursOfTransparentPixelsAreBorder() throws {
        let size = try trimmed(40, 30, bands: 4) { x, y in
            (10..<20).contains(x) && (5..<25).contains(y) ? [0, 0, 0, 255] : [UInt8(x * 6), UInt8(y * 8), 90, 0]
        }
        #expect(size == (10, 20))
    }

    /// A logo with the same colour as the transparent pixels.
    @Test(arguments: [UInt8(0), 128, 255])
    func aLogoIsFoundByItsAlpha(shade: UInt8) throws {
        let size = try trimmed(40, 30, bands: 4) { x, y in
            [shade, shade, shade, (12..<30).contains(x) && (6..<9).contains(y) ? 255 : 0]
        }
        #expect(size == (18, 3))
        let grey = try trimmed(40, 30, bands: 2) { x, y in [shade, (12..<30).contains(x) && (6..<9).contains(y) ? 255 : 0] }
        #expect(grey == (18, 3))
    }

    @Test func holesAreContentOnAnOpaqueBorder() throws {
        let size = try trimmed(30, 30, bands: 4) { x, y in [255, 255, 255, x == 15 && y == 20 ? 0 : 255] }
        #expect(size == (1, 1))
    }

    @Test func onePixelFarAwayIsKept() throws {
        let size = try trimmed(50, 40, bands: 3) { x, y in
            (10..<15).contains(x) && (10..<15).contains(y) || x == 47 && y == 38 ? [0, 0, 0] : [255, 255, 255]
        }
        #expect(size == (38, 29))
    }

    @Test(arguments: [(10.0, 20, 20), (30, 10, 10), (255, 40, 40)])
    func theThresholdDecides(threshold: Double, width: Int, height: Int) throws {
        // A soft ring that differs from the border by 20 levels, around a dark core.
        let size = try trimmed(40, 40, bands: 3, threshold: threshold) { x, y in
            if (15..<25).contains(x) && (15..<25).contains(y) { return [40, 40, 40] }
            return (10..<30).contains(x) && (10..<30).contains(y) ? [220, 240, 240] : [240, 240, 240]
        }
        #expect(size == (width, height))
    }

    @Test func aDifferenceOfTheThresholdIsBorder() throws {
        for (value, width) in [(UInt8(110), 9), (111, 1)] {
            let size = try trimmed(9, 9, bands: 3) { x, y in x == 4 && y == 4 ? [value, 100, 100] : [100, 100, 100] }
            #expect(size.width == width)
        }
        for (value, width) in [(UInt8(10), 9), (11, 1)] {
            let size = try trimmed(9, 9, bands: 4) { x, y in [200, 0, 0, x == 4 && y == 4 ? value : 0] }
            #expect(size.width == width)
        }
    }

    @Test(arguments: [(1, 1), (2, 2), (1, 9), (9, 2), (2, 1)])
    func aTinyImageIsKept(width: Int, height: Int) throws {
        let size = try trimmed(width, height, bands: 3) { x, y in x + y == 0 ? [0, 0, 0] : [255, 255, 255] }
        #expect(size == (width, height))
    }

    @Test func aUniformImageIsKept() throws {
        #expect(try trimmed(9, 7, bands: 4) { x, _ in [UInt8(x), 0, 0, 0] } == (9, 7))
        #expect(try trimmed(9, 7, bands: 1) { _, _ in [7] } == (9, 7))
    }

    /// All frames are cropped alike, around the content of all of them.
    @Test func anAnimationKeepsWhatAnyFrameShows() throws {
        let points = [(4, 6), (20, 9), (11, 15)]
        let images = try points.map { point in
            try TestImage.made(30, 24, bands: 3) { x, y in
                (point.0..<point.0 + 3).contains(x) && (point.1..<point.1 + 3).contains(y) ? [200, 0, 0] : [255, 255, 255]
            }
        }
        let frames = Frames(images, width: 30, height: 24, delays: [50, 50, 50])
        let joined = try Finish.joined(frames, .webp)
        let source = try Encode.encoded(joined, .webp, EncoderOptions(lossless: true), quality: 90, pageHeight: 24).withBytes { Data($0) }
        let spec = OutputSpec(
            name: "a", operations: [.trim(.init())], format: .fixed(.webp), encoder: EncoderOptions(lossless: true), animated: true)
        let rendering = try render(source, [spec])
        #expect((rendering.results[0].width, rendering.results[0].height, rendering.results[0].frames) == (19, 12, 3))
        #expect(try rendering.picture().shows([200, 0, 0], at: 1, 1))
    }

    @Test func trimAppliesAfterEarlierOperations() throws {
        let source = try FieldFile.data("trim-black-logo-on-transparent.png")
        let picture = try render(source, .resize(.init(width: 40)), .trim(.init())).picture()
        #expect(abs(picture.width - 10) <= 2 && abs(picture.height - 10) <= 2)
    }
}
