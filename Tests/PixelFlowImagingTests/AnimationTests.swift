import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

/// Frames that do not cover the canvas, that are removed, or that differ only in black.
@Suite struct Animations {
    private func frames(_ source: Data, _ format: ImageFormat) throws -> Picture {
        let spec = OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(lossless: true), animated: true)
        return try render(source, [spec]).picture()
    }

    private func shows(_ picture: Picture, _ frame: Int, _ x: Int, _ y: Int, _ color: [UInt8]) -> Bool {
        let pixel = picture[x, frame * picture.height + y]
        return color[3] == 0 ? pixel.count == 4 && pixel[3] == 0 : picture.shows(color, at: x, frame * picture.height + y, tolerance: 1)
    }

    private let clear: [UInt8] = [0, 0, 0, 0]
    private let red: [UInt8] = [255, 0, 0, 255]

    /// As in browsers: the uncovered canvas is transparent, not black.
    @Test func smallFrameIsPlacedOnTheCanvas() throws {
        for hasControl in [false, true] {
            let file = PlantedGIF(frames: [.init(x: 2, y: 1, width: 3, height: 2, color: 0, disposal: hasControl ? 0 : nil)]).data
            let rendering = try render(file)
            let picture = try rendering.picture()
            #expect(rendering.metadata.hasAlpha && picture.bands == 4)
            #expect(shows(picture, 0, 0, 0, clear) && shows(picture, 0, 2, 1, red) && shows(picture, 0, 5, 4, clear))
        }
    }

    /// The background colour of the file is green.
    @Test(arguments: [ImageFormat.gif, .webp], [false, true])
    func disposedFrameRestoresTheBackground(format: ImageFormat, hasIndex: Bool) throws {
        let file = PlantedGIF(
            frames: [
                .init(x: 0, y: 0, width: 8, height: 6, color: 0, disposal: 2, transparent: hasIndex ? 3 : nil),
                .init(x: 1, y: 1, width: 2, height: 2, color: 2, disposal: 0),
                .init(x: 4, y: 4, width: 1, height: 1, color: 0, disposal: 0),
            ], background: 1)
        let picture = try frames(file.data, format)
        #expect(picture.frames == 3)
        #expect(shows(picture, 0, 7, 5, red))
        #expect(shows(picture, 1, 7, 5, clear) && shows(picture, 1, 1, 1, [0, 0, 255, 255]))
        #expect(shows(picture, 2, 7, 5, clear) && shows(picture, 2, 4, 4, red))
    }

    /// Before the first frame, there is nothing to restore.
    /// Old encoders write 4 for 3.
    @Test(arguments: [3, 4] as [UInt8]) func firstFrameDisposedToPreviousIsCleared(disposal: UInt8) throws {
        let file = PlantedGIF(
            frames: [
                .init(x: 0, y: 0, width: 8, height: 6, color: 0, disposal: disposal),
                .init(x: 1, y: 1, width: 2, height: 2, color: 2, disposal: 0),
            ], background: 1)
        let picture = try frames(file.data, .webp)
        #expect(shows(picture, 0, 7, 5, red) && shows(picture, 1, 7, 5, clear) && shows(picture, 1, 2, 2, [0, 0, 255, 255]))
    }

    /// All indexes are in use, so none of them can be transparent.
    @Test func aFullTableOfColours() throws {
        let pixels = (0..<256).map { UInt8($0) }
        for disposal in [UInt8?.none, 0, 2] {
            let file = PlantedGIF(
                width: 16, height: 17, frames: [.init(x: 0, y: 0, width: 16, height: 16, pixels: pixels, disposal: disposal)], tableBits: 8)
            let rendering = try render(file.data)
            let picture = try rendering.picture()
            #expect(rendering.metadata.frames == 1 && rendering.metadata.hasAlpha)
            #expect(shows(picture, 0, 3, 16, clear) && shows(picture, 0, 0, 0, red) && shows(picture, 0, 9, 1, [25, 90, 90, 255]))
        }
    }

    /// Removed frames that use every index leave nothing, and no frame is added to the output.
    @Test(arguments: [ImageFormat.gif, .webp], [(16, 17), (300, 200)])
    func framesWithAFullTableAreRemoved(format: ImageFormat, size: (Int, Int)) throws {
        let (width, height) = size
        let pixels = (0..<width * height).map { UInt8($0 % 256) }
        let full = PlantedGIF.Frame(x: 0, y: 0, width: width, height: height, pixels: pixels, disposal: 2)
        let frames = [
            full, .init(x: 1, y: 1, width: 2, height: 2, color: 2, disposal: 0), full,
            .init(x: 4, y: 4, width: 1, height: 1, color: 0, disposal: 0),
        ]
        let file = PlantedGIF(width: width, height: height, frames: frames, background: 1, tableBits: 8)
        let spec = OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(lossless: true), animated: true)
        let rendering = try render(file.data, [spec])
        #expect(rendering.metadata.frames == 4 && rendering.results[0].frames == 4)
        let picture = try rendering.picture()
        for frame in [1, 3] { #expect(shows(picture, frame, 9, 9, clear) && shows(picture, frame, width - 1, height - 1, clear)) }
        for frame in [0, 2] { #expect(picture[9, frame * height + 9][3] == 255) }
        #expect(picture[2, height + 2][3] == 255 && picture[4, 3 * height + 4][3] == 255)
        if format == .webp {
            #expect(shows(picture, 2, 9, 9, [UInt8((9 * width + 9) % 256), 90, 90, 255]) && shows(picture, 3, 4, 4, red))
        }
        let delays = try rendering.files[0].withUnsafeBytes { bytes in
            try Load.open(bytes, try SourceFormat.sniffed(bytes), LoadOptions(frames: -1)).integers("delay")
        }
        #expect(delays == [70, 70, 70, 70])
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 100, 60_000, 8_390_000, 17_000_001])
    func dataOfNothing(pixels: Int) {
        let data = GIFCodes.zeros(pixels)
        data.withUnsafeBytes { bytes in
            var codes = GIFCodes(ByteReader(bytes), at: 0)
            #expect(codes.pixels(atLeast: .max) == pixels)
        }
        #expect(data.last == 0 && data.count < 20_000)
    }

    /// libnsgif takes common sizes of screens, and large ones, for a mistake.
    @Test(arguments: [(640, 480), (800, 600), (1024, 768), (2500, 20), (20, 2049), (500, 400)], [1, 2])
    func theCanvasHasItsDeclaredSize(size: (Int, Int), count: Int) throws {
        let frames: [PlantedGIF.Frame] = [
            .init(x: 5, y: 6, width: 10, height: 8, color: 0, disposal: 0), .init(x: 6, y: 7, width: 3, height: 3, color: 2, disposal: 0),
        ]
        let file = PlantedGIF(width: size.0, height: size.1, frames: Array(frames.prefix(count)))
        let still = try render(file.data)
        #expect((still.metadata.width, still.metadata.height) == size && still.metadata.hasAlpha)
        let picture = try still.picture()
        #expect((picture.width, picture.height) == size)
        #expect(shows(picture, 0, 4, 5, clear) && shows(picture, 0, 14, 13, red) && shows(picture, 0, size.0 - 1, size.1 - 1, clear))
        let moving = try self.frames(file.data, .webp)
        #expect((moving.width, moving.height, moving.frames) == (size.0, size.1, count))
        if count == 2 { #expect(shows(moving, 1, 7, 8, [0, 0, 255, 255]) && shows(moving, 1, size.0 - 1, size.1 - 1, clear)) }
    }

    @Test func fullyCoveredCanvasStaysOpaque() throws {
        let whole = PlantedGIF(frames: [.init(x: 0, y: 0, width: 8, height: 6, color: 0, disposal: 2)]).data
        #expect(whole.withUnsafeBytes { GIFCanvas.transparent($0) } == nil)
        #expect(try render(whole).picture().bands == 3)
    }

    /// Black that appears on transparency, such as letters that appear one by one.
    @Test(arguments: [ImageFormat.gif, .webp])
    func blackAppearsOnTransparency(format: ImageFormat) throws {
        let images = try (0..<3).map { step in
            try TestImage.made(30, 10, bands: 4) { x, y in
                if x < 4 && y < 4 { return [200, 30, 30, 255] }
                return y >= 6 && x < step * 12 ? [0, 0, 0, 255] : [0, 0, 0, 0]
            }
        }
        let joined = try Finish.joined(Frames(images, width: 30, height: 10, delays: [70, 80, 90]), .webp)
        let source = try Encode.encoded(joined, .webp, EncoderOptions(lossless: true), quality: 90, pageHeight: 10).withBytes { Data($0) }
        let picture = try frames(source, format)
        #expect(picture.frames == 3)
        #expect(shows(picture, 0, 5, 8, clear) && shows(picture, 1, 5, 8, [0, 0, 0, 255]) && shows(picture, 1, 20, 8, clear))
        #expect(shows(picture, 2, 5, 8, [0, 0, 0, 255]) && shows(picture, 2, 20, 8, [0, 0, 0, 255]) && shows(picture, 2, 28, 8, clear))
    }

    /// Transparent only where a frame was removed, which libwebp does not count.
    @Test func webPHeaderDeclaresTransparency() throws {
        let file = PlantedGIF(
            width: 2, height: 7,
            frames: [
                .init(x: 0, y: 0, width: 2, height: 7, color: 0, disposal: 2),
                .init(x: 0, y: 0, width: 1, height: 7, color: 2, disposal: 0),
            ])
        let spec = OutputSpec(name: "a", format: .fixed(.webp), encoder: EncoderOptions(lossless: true), animated: true)
        let output = try render(file.data, [spec]).files[0]
        #expect(output[12..<16].elementsEqual("VP8X".utf8) && output[20] & 0x10 != 0)
    }

    @Test func manyFramesAreRendered() throws {
        let frames = (0..<900).map { PlantedGIF.Frame(x: 0, y: 0, width: 8, height: 6, color: UInt8($0 % 3), disposal: 0) }
        let spec = OutputSpec(name: "a", operations: [.resize(.init(width: 4))], format: .fixed(.webp), animated: true)
        #expect(try render(PlantedGIF(frames: frames).data, [spec]).results[0].frames == 900)
    }

    /// The encoder creates a still if all frames are the same, even if other frames of the animation are transparent.
    @Test(arguments: [false, true]) func identicalFramesBecomeAStill(lossless: Bool) throws {
        let file = PlantedGIF(
            width: 8, height: 8,
            frames: [
                .init(x: 2, y: 0, width: 4, height: 8, color: 1, disposal: 0),
                .init(x: 2, y: 0, width: 4, height: 8, color: 1, disposal: 0),
            ])
        let spec = OutputSpec(
            name: "a", operations: [.crop(.init(width: 4, height: 8))], format: .fixed(.webp),
            encoder: EncoderOptions(lossless: lossless), animated: true)
        let rendering = try render(file.data, [spec])
        #expect(rendering.results[0].frames == 1 && rendering.results[0].width == 4)
        #expect(try Picture(rendering.files[0]).width == 4)
    }

    /// More lines than a strip has, for which 256 KiB would be all of them.
    @Test func onePixelWideImageIsRendered() throws {
        let tall = try TestImage.made(1, 200_000, bands: 1) { _, y in [UInt8(truncatingIfNeeded: y)] }
        let source = try TestImage.data(tall, "pngsave_buffer")
        let picture = try render(source).picture()
        for y in [0, 1, 511, 512, 70_000, 199_999] { #expect(picture[0, y][0] == UInt8(truncatingIfNeeded: y)) }
    }
}

/// GIF files written frame by frame, with a palette of red, green, blue and black.
struct PlantedGIF {
    struct Frame {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
        var pixels: [UInt8]
        /// Nil for a frame without a graphic control extension.
        var disposal: UInt8?
        var transparent: UInt8?

        init(x: Int, y: Int, width: Int, height: Int, color: UInt8, disposal: UInt8?, transparent: UInt8? = nil) {
            let pixels = [UInt8](repeating: color, count: width * height)
            self.init(x: x, y: y, width: width, height: height, pixels: pixels, disposal: disposal, transparent: transparent)
        }

        init(x: Int, y: Int, width: Int, height: Int, pixels: [UInt8], disposal: UInt8?, transparent: UInt8? = nil) {
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
            (self.pixels, self.disposal, self.transparent) = (pixels, disposal, transparent)
        }
    }

    var width = 8
    var height = 6
    var frames: [Frame]
    var background: UInt8 = 0
    var tableBits = 2

    var data: Data {
        var file = Data("GIF89a".utf8)
        for number in [width, height] { file += half(number) }
        file += [UInt8(0x80 | (tableBits - 1)), background, 0]
        let colours: [[UInt8]] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]]
        for index in 0..<1 << tableBits { file += index < 4 ? colours[index] : [UInt8(index), 90, 90] }
        for frame in frames {
            if let disposal = frame.disposal {
                let flags = disposal << 2 | (frame.transparent == nil ? 0 : 1)
                file += [0x21, 0xf9, 4, flags, 7, 0, frame.transparent ?? 0, 0]
            }
            file.append(0x2c)
            for number in [frame.x, frame.y, frame.width, frame.height] { file += half(number) }
            file += [0, UInt8(tableBits)]
            file += blocks(codes(frame.pixels))
        }
        file.append(0x3b)
        return file
    }

    /// Only literals: the table is cleared before the codes would grow.
    private func codes(_ pixels: [UInt8]) -> [UInt8] {
        let clear = 1 << tableBits
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        func put(_ code: Int) {
            bits |= code << count
            count += tableBits + 1
            while count >= 8 {
                bytes.append(UInt8(bits & 255))
                bits >>= 8
                count -= 8
            }
        }
        for (index, pixel) in pixels.enumerated() {
            if index % (clear - 2) == 0 { put(clear) }
            put(Int(pixel))
        }
        put(clear + 1)
        if count > 0 { bytes.append(UInt8(bits & 255)) }
        return bytes
    }

    private func blocks(_ bytes: [UInt8]) -> [UInt8] {
        var blocks: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 255) {
            let block = bytes[start..<min(start + 255, bytes.count)]
            blocks += [UInt8(block.count)] + block
        }
        return blocks + [0]
    }

    private func half(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
}
