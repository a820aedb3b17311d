import CPalette
import Testing

@Suite struct PaletteTests {
    @Test(arguments: [1, 2, 16, 255, 256])
    func coloursWithinTheLimitAreKeptUnchanged(count: Int) throws {
        let picture = Picture(width: 64, height: 16) { x, y in
            let number = (x + 64 * y) % count
            return [UInt8(number), UInt8(255 - number), UInt8(number * 7 & 255), 255]
        }
        let palette = try picture.palette(count)
        #expect(palette.count == UInt32(count))
        #expect(try picture.mapped(to: palette, dither: 1) == picture.pixels)
    }

    @Test(arguments: [1, 2, 3, 17, 128, 256])
    func manyColoursAreReducedToTheLimit(count: Int) throws {
        let picture = Picture.photograph()
        let palette = try picture.palette(count)
        #expect(palette.count <= UInt32(count))
        #expect(palette.count >= UInt32(count) - UInt32(count / 16))
        #expect(try picture.mapped(to: palette, dither: 0).count == picture.pixels.count)
    }

    @Test func transparencyIsTheFirstEntryAndStaysTransparent() throws {
        let picture = Picture(width: 80, height: 80) { x, y in
            // Black beside it: the nearest by its bytes.
            if x < 20 { return [200, 10, 10, 0] }
            return x < 30 ? [0, 0, 0, 255] : [UInt8(x * 3), UInt8(y * 3), UInt8((x ^ y) & 255), 255]
        }
        let palette = try picture.palette(64)
        #expect(palette[0] == [0, 0, 0, 0])
        #expect((1..<Int(palette.count)).allSatisfy { palette[$0][3] == 255 })
        let mapped = try picture.mapped(to: palette, dither: 1)
        for (found, sent) in zip(mapped, picture.pixels) { #expect((found[3] == 0) == (sent[3] == 0)) }
    }

    @Test func fullyTransparentImageHasOneEntry() throws {
        let picture = Picture(width: 3, height: 3) { _, _ in [1, 2, 3, 0] }
        let palette = try picture.palette(255)
        #expect(palette.count == 1)
        #expect(palette[0] == [0, 0, 0, 0])
        #expect(try picture.mapped(to: palette, dither: 1).allSatisfy { $0[3] == 0 })
    }

    /// A palette of the frame before has no transparent entry perhaps: the nearest will do.
    @Test func transparentPixelIsMappedToAnOpaquePalette() throws {
        let palette = try Picture(width: 4, height: 1) { x, _ in [UInt8(x * 80), 0, 0, 255] }.palette(4)
        let mapped = try Picture(width: 2, height: 1) { _, _ in [0, 0, 0, 0] }.mapped(to: palette, dither: 1)
        #expect(mapped.allSatisfy { $0[3] == 255 })
    }

    @Test func halfTransparentPixelsKeepTheirAlpha() throws {
        let picture = Picture(width: 256, height: 8) { x, y in [UInt8(30 * y), 120, 200, UInt8(x)] }
        let palette = try picture.palette(256)
        let mapped = try picture.mapped(to: palette, dither: 0)
        for (found, sent) in zip(mapped, picture.pixels) { #expect(abs(Int(found[3]) - Int(sent[3])) <= 20) }
    }

    @Test(arguments: [(256, 33.5), (64, 28.5), (16, 23.5)])
    func quantisationErrorIsSmall(count: Int, decibels: Double) throws {
        let picture = Picture.photograph()
        let mapped = try picture.mapped(to: try picture.palette(count), dither: 0)
        #expect(picture.psnr(of: mapped) >= decibels)
    }

    /// A few pixels of a colour that is far from all others are not given up for the many.
    @Test func smallAreaKeepsItsColour() throws {
        let picture = Picture(width: 200, height: 200) { x, y in
            x < 4 && y < 4 ? [255, 0, 0, 255] : [UInt8(x), UInt8(y), UInt8(128 + (x + y) / 8), 255]
        }
        let mapped = try picture.mapped(to: try picture.palette(64), dither: 0)
        #expect(mapped[0][0] > 230)
        #expect(mapped[0][1] < 40)
    }

    @Test func ditheringKeepsTheMeanOfEachPart() throws {
        let picture = Picture(width: 256, height: 64) { x, _ in [UInt8(x), UInt8(x), UInt8(x), 255] }
        let palette = try picture.palette(6)
        let (plain, dithered) = (try picture.mapped(to: palette, dither: 0), try picture.mapped(to: palette, dither: 1))
        #expect(picture.largestDifference(of: dithered, block: 16) < 6)
        #expect(picture.largestDifference(of: dithered, block: 16) < picture.largestDifference(of: plain, block: 16) / 2)
    }

    @Test func resultIsDeterministic() throws {
        let picture = Picture.photograph()
        let first = try picture.mapped(to: try picture.palette(100), dither: 1)
        #expect(try picture.mapped(to: try picture.palette(100), dither: 1) == first)
    }

    @Test(arguments: [(1, 1), (1, 500), (500, 1), (2, 3)])
    func anyShapeIsAccepted(width: Int, height: Int) throws {
        let picture = Picture(width: width, height: height) { x, y in [UInt8(x & 255), UInt8(y & 255), 9, 255] }
        let mapped = try picture.mapped(to: try picture.palette(255), dither: 1)
        #expect(picture.psnr(of: mapped) > 35)
    }

    @Test func zeroPixelsOrColoursFail() {
        var palette = Palette()
        var byte: UInt8 = 0
        #expect(palette_choose(&byte, 0, 5, 256, &palette) == -1)
        #expect(palette_choose(&byte, .max, 2, 256, &palette) == -1)
        #expect(palette_map(&palette, [0, 0, 0, 255], 1, 1, 1, &byte) == -1)
    }

    @Test(arguments: [-5, 0, 257, .max])
    func aCountOutOfRangeIsClamped(count: Int32) throws {
        let picture = Picture.photograph()
        let palette = try picture.palette(Int(count))
        #expect(palette.count >= 1 && palette.count <= 256)
    }
}
