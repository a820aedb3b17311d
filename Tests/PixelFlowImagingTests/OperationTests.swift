import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

@Suite struct Resizing {
    typealias Resize = ImageOperation.Resize

    @Test(arguments: [
        (Resize(width: 32), 32, 24), (Resize(height: 24), 32, 24),
        (Resize(width: 32, height: 32, fit: .inside), 32, 24), (Resize(width: 32, height: 32, fit: .outside), 43, 32),
        (Resize(width: 32, height: 32, fit: .cover), 32, 32), (Resize(width: 32, height: 32, fit: .contain), 32, 32),
        (Resize(width: 10, height: 40, fit: .fill), 10, 40),
        (Resize(width: 640, height: 640, fit: .inside), 64, 48), (Resize(width: 128, fit: .inside, enlarge: true), 128, 96),
        (Resize(width: 100, height: 20, fit: .cover), 64, 20), (Resize(width: 100, height: 100, fit: .cover, enlarge: true), 100, 100),
        (Resize(width: 1), 1, 1),
    ])
    func resizeReturnsTheExpectedSize(resize: Resize, width: Int, height: Int) throws {
        let rendering = try render(try TestImage.file(.png), .resize(resize))
        #expect((rendering.results[0].width, rendering.results[0].height) == (width, height))
        let picture = try rendering.picture()
        #expect((picture.width, picture.height) == (width, height))
    }

    /// The decoder shrinks, but the result must have the size and colours of a full decode.
    @Test(arguments: [ImageFormat.jpeg, .webp], [16, 100, 250, 333, 500, 999, 1000])
    func shrinkOnLoadKeepsTheSize(format: ImageFormat, width: Int) throws {
        let file = try TestImage.file(format, 1001, 667)
        let picture = try render(file, .resize(.init(width: width))).picture()
        #expect((picture.width, picture.height) == (width, Int((667.0 * Double(width) / 1001).rounded())))
        #expect(picture.hasCorners([TestImage.red, TestImage.green, TestImage.blue, TestImage.white], inset: 1, tolerance: 24))
    }

    @Test(arguments: [
        (Position.gravity(.west), TestImage.red), (.gravity(.east), TestImage.green),
        (.focalPoint(x: 0, y: 0), TestImage.red), (.focalPoint(x: 1, y: 0.5), TestImage.green),
    ])
    func coverKeepsThePosition(position: Position, color: [UInt8]) throws {
        let picture = try render(try TestImage.file(.png), .resize(.init(width: 12, height: 48, position: position))).picture()
        #expect(picture.shows(color, at: 6, 4))
    }

    @Test(arguments: [Position.attention, .entropy])
    func coverFindsTheSalientPart(position: Position) throws {
        let image = try TestImage.made(200, 50, bands: 3) { x, y in
            x > 150 ? [UInt8(x * 7 % 256), UInt8(y * 31 % 256), UInt8((x + y) * 13 % 256)] : [200, 200, 200]
        }
        let picture = try render(try TestImage.encoded(image, .png), .resize(.init(width: 50, height: 50, position: position))).picture()
        #expect(!picture.shows([200, 200, 200], at: 45, 25))
    }

    @Test func containPadsTheRest() throws {
        let resize = ImageOperation.Resize(width: 64, height: 64, fit: .contain, background: .black)
        let picture = try render(try TestImage.file(.png), .resize(resize)).picture()
        #expect(picture.shows([0, 0, 0], at: 32, 2) && picture.shows([0, 0, 0], at: 32, 61))
        #expect(picture.shows(TestImage.red, at: 2, 12))
    }

    @Test func transparentColourDoesNotBleed() throws {
        // Invisible green next to visible red: the mix must stay red.
        let image = try TestImage.made(64, 64, bands: 4) { x, _ in x < 30 ? [255, 0, 0, 255] : [0, 255, 0, 0] }
        let picture = try render(try TestImage.encoded(image, .png), .resize(.init(width: 9))).picture()
        for x in 0..<9 where picture[x, 4][3] > 20 { #expect(picture[x, 4][1] < 12) }
        #expect(picture[0, 4][3] == 255 && picture[8, 4][3] == 0)
    }

    @Test func refusesToGrowBeyondTheLimit() throws {
        var limits = ImageLimits()
        limits.pixels = 10_000
        let specs = [
            OutputSpec(name: "big", operations: [.resize(.init(width: 5000, enlarge: true))]),
            OutputSpec(name: "small", operations: [.resize(.init(width: 10))]),
        ]
        let rendering = try render(try TestImage.file(.png), specs, limits: limits)
        #expect(rendering.results[0].failure?.code == "too_many_pixels")
        #expect(rendering.results[1].failure == nil && rendering.results[1].width == 10)
    }

    /// The size after the rotation would exceed an integer.
    @Test func refusesSizesBeyondIntegers() throws {
        let line = try TestImage.encoded(try TestImage.made(1, 140_000, bands: 1) { _, _ in [9] }, .png)
        let specs = [
            OutputSpec(name: "big", operations: [.resize(.init(width: 16_383, enlarge: true)), .rotate(.init(angle: 45))]),
            OutputSpec(name: "small", operations: [.resize(.init(height: 10))]),
        ]
        let rendering = try render(line, specs)
        #expect(rendering.results[0].failure?.code == "too_many_pixels")
        #expect(rendering.results[1].failure == nil)
    }
}

@Suite struct OperationSteps {
    /// An operation without an implementation would fail every output that uses it.
    @Test func everyOperationHasAForecast() {
        for operation in ImageOperation.all { #expect(operation is any OperationStep.Type, "\(operation.name) has no step") }
    }

    /// The predicted size determines the memory estimate and the check of the pixel limit before there is a picture.
    @Test(arguments: [
        ImageOperation.resize(.init(width: 32, height: 32)), .resize(.init(width: 32, height: 32, fit: .contain)),
        .crop(.init(width: 20, height: 100)), .rotate(.init(angle: 90)), .rotate(.init(angle: 180)), .rotate(.init(angle: 30)),
        .pad(.init(top: 1, right: 2, bottom: 3, left: 4)), .flip, .blur(.init()), .round(.init(radius: 4)),
        .pad(.init(top: 1, background: .transparent)), .rotate(.init(angle: 30, background: .transparent)),
    ])
    func forecastMatchesTheOutputSize(operation: ImageOperation) throws {
        let picture = try render(try TestImage.file(.png), operation).picture()
        let forecast = operation.step.size(after: (64, 48))
        #expect(abs(forecast.width - picture.width) <= 1 && abs(forecast.height - picture.height) <= 1)
        #expect(operation.step.addsAlpha == (picture.bands == 4))
        let peak = operation.step.peak(from: (64, 48))
        #expect(peak.width * peak.height >= max(64 * 48, forecast.width * forecast.height) || operation.name == "resize")
    }

    @Test func detailFollowsFromTheSteps() throws {
        func isAny(_ operation: ImageOperation) -> Bool { if case .any = operation.step.detail(at: (64, 48)) { true } else { false } }
        #expect(isAny(.flip) && isAny(.grayscale) && isAny(.rotate(.init(angle: 270))))
        #expect(!isAny(.rotate(.init(angle: 30))) && !isAny(.blur(.init())) && !isAny(.crop(.init(width: 1, height: 1))))
        guard case .reduced(let factor) = ImageOperation.resize(.init(width: 16)).step.detail(at: (64, 48)) else {
            Issue.record("resize asks for more")
            return
        }
        #expect(factor == 4)
    }
}

/// Pixels that depend on others around them are computed once, not again for each line that a later step or the encoder reads.
@Suite struct ComputedPictures {
    private func frames(_ width: Int, _ height: Int) throws -> Frames {
        let picture = try TestImage.photo(width, height).withAlpha().inMemory()
        return Frames([picture], width: width, height: height)
    }

    private let marks = OverlaySet([:], limits: ImageLimits())

    @Test(
        arguments: [.blur(.init(sigma: 2)), .sharpen(.init()), .median(.init(size: 3)), .rotate(.init(angle: 30))] as [ImageOperation])
    func aStepThatReadsAroundKeepsItsResult(operation: ImageOperation) throws {
        var frames = try frames(60, 40)
        try operation.step.apply(to: &frames, marks: marks)
        #expect(frames.first.isInMemory)
    }

    @Test func aQuarterTurnKeepsItsResultOnlyOfADescription() throws {
        let turn = ImageOperation.rotate(.init(angle: 90))
        var frames = try frames(60, 40)
        try turn.step.apply(to: &frames, marks: marks)
        #expect(!frames.first.isInMemory)
        try turn.step.apply(to: &frames, marks: marks)
        #expect(frames.first.isInMemory)
    }

    /// Larger than one square in both directions, and not a multiple of it.
    @Test func squaresAreJoinedToTheSamePicture() throws {
        let picture = try TestImage.photo(1100, 700).applying("gaussblur", ["sigma": .number(3)])
        let expected = try picture.inMemory().withPixels { Array($0) }
        let joined = try picture.inMemoryBySquares().withPixels { Array($0) }
        #expect(joined == expected)
    }
}

@Suite struct Operations {
    private let file: Data

    init() throws { file = try TestImage.file(.png) }

    @Test func cropCutsTheRectangle() throws {
        let corner = try render(file, .crop(.init(width: 20, height: 10, location: .offset(left: 40, top: 30)))).picture()
        #expect((corner.width, corner.height) == (20, 10) && corner.shows(TestImage.white, at: 10, 5))
        let gravity = try render(file, .crop(.init(width: 10, height: 10, location: .position(.gravity(.northeast))))).picture()
        #expect(gravity.shows(TestImage.green, at: 5, 5))
        let clipped = try render(file, .crop(.init(width: 100, height: 100, location: .offset(left: 60, top: 40)))).picture()
        #expect((clipped.width, clipped.height) == (4, 8))
    }

    @Test func aCropOutsideFailsOnlyItsOutput() throws {
        let rendering = try render(file, .crop(.init(width: 1, height: 1, location: .offset(left: 64, top: 0))))
        #expect(rendering.results[0].failure?.code == "crop_outside_image")
    }

    /// Computing the sizes of later steps must not trap.
    @Test func operationsAfterACropOutside() throws {
        let crops = [ImageOperation.Crop.Location.offset(left: 64, top: 0), .offset(left: 0, top: 48), .offset(left: 900, top: 900)]
        for crop in crops {
            for fit in ImageOperation.Resize.Fit.allCases {
                for (width, height) in [(8, nil), (nil, 8), (65_500, 65_500)] as [(Int?, Int?)] {
                    let resize = ImageOperation.Resize(width: width, height: height, fit: fit, enlarge: true)
                    let operations: [ImageOperation] = [
                        .crop(.init(width: 10, height: 10, location: crop)), .resize(resize), .trim(.init()),
                    ]
                    let outputs = [OutputSpec(name: "a", operations: operations), OutputSpec(name: "b", format: .fixed(.png))]
                    let results = try render(file, outputs).results
                    #expect(results[0].failure != nil && results[1].failure == nil)
                }
            }
        }
    }

    /// The centre of a picture stays in the centre.
    @Test func enlargingDoesNotMoveThePicture() throws {
        let source = try TestImage.data(
            try TestImage.made(8, 8, bands: 3) { x, y in Array(repeating: (3...4).contains(x) && (3...4).contains(y) ? 200 : 0, count: 3) },
            "pngsave_buffer")
        for (width, height) in [(16, 16), (24, 8), (8, 40), (16, 4), (64, 64)] {
            let picture = try render(source, .resize(.init(width: width, height: height, fit: .fill, enlarge: true))).picture()
            #expect((picture.width, picture.height) == (width, height))
            for y in 0..<height {
                for x in 0..<width {
                    #expect(
                        picture.shows(picture[width - 1 - x, height - 1 - y], at: x, y, tolerance: 1), "\(width) x \(height): \(x), \(y)")
                }
            }
        }
    }

    @Test func rotatesByQuarters() throws {
        let picture = try render(file, .rotate(.init(angle: 90))).picture()
        #expect((picture.width, picture.height) == (48, 64))
        #expect(picture.hasCorners([TestImage.blue, TestImage.red, TestImage.white, TestImage.green]))
        let back = try render(file, .rotate(.init(angle: -90)), .rotate(.init(angle: 450))).picture()
        #expect(back.hasCorners([TestImage.red, TestImage.green, TestImage.blue, TestImage.white]))
    }

    @Test func rotatesByAnyAngle() throws {
        let picture = try render(file, .rotate(.init(angle: 45, background: .black))).picture()
        #expect(picture.width > 75 && picture.shows([0, 0, 0], at: 1, 1))
        #expect(try render(file, .rotate(.init(angle: 45, background: .transparent))).picture()[1, 1][3] == 0)
    }

    @Test(arguments: [1, 64, 128, 254, 255]) func theBackgroundOfARotationKeepsItsColour(alpha: UInt8) throws {
        let background = Color(red: 100, green: 30, blue: 0, alpha: alpha)
        let picture = try render(file, .rotate(.init(angle: 30, background: background))).picture()
        #expect(picture[0, 0] == [100, 30, 0] + (alpha < 255 ? [alpha] : []))
    }

    @Test func colourAndAlphaOfAFlatPictureSurvive() throws {
        for color: [UInt8] in [[200, 100, 50, 90], [1, 254, 128, 3], [7, 77, 177, 254], [255, 255, 255, 1]] {
            let flat = try TestImage.encoded(try TestImage.made(40, 30, bands: 4) { _, _ in color }, .png)
            let operations: [ImageOperation] = [.median(.init(size: 3)), .blur(.init(sigma: 2)), .resize(.init(width: 20))]
            for operation in operations {
                let picture = try render(flat, operation).picture()
                #expect(picture[picture.width / 2, picture.height / 2] == color, "\(operation.name)")
            }
            let rotated = try render(flat, .rotate(.init(angle: 30, background: .transparent))).picture()
            #expect(rotated[rotated.width / 2, rotated.height / 2] == color)
        }
    }

    @Test func flipAndFlopMirror() throws {
        #expect(try render(file, .flip).picture().hasCorners([TestImage.blue, TestImage.white, TestImage.red, TestImage.green]))
        #expect(try render(file, .flop).picture().hasCorners([TestImage.green, TestImage.red, TestImage.white, TestImage.blue]))
    }

    @Test func blurMixesAcrossAnEdge() throws {
        let picture = try render(file, .blur(.init(sigma: 5))).picture()
        let middle = picture[32, 4]
        #expect(middle[0] > 60 && middle[1] > 60)
        #expect(picture.shows(TestImage.red, at: 2, 2, tolerance: 20))
    }

    @Test func medianRemovesSpecksAndKeepsEdges() throws {
        let specked = try TestImage.made(40, 20, bands: 3) { x, y in
            x % 9 == 4 && y % 9 == 4 ? [255, 255, 255] : x < 20 ? [200, 0, 0] : [0, 0, 200]
        }
        let picture = try render(try TestImage.encoded(specked, .png), .median(.init(size: 3))).picture()
        for x in 0..<40 { for y in 0..<20 { #expect(picture[x, y] == (x < 20 ? [200, 0, 0] : [0, 0, 200])) } }
    }

    /// Invisible green next to visible red: invisible pixels must not affect the colour.
    @Test func medianRespectsTransparency() throws {
        let image = try TestImage.made(30, 30, bands: 4) { x, y in (x + y) % 2 == 0 ? [255, 0, 0, 255] : [0, 255, 0, 0] }
        let picture = try render(try TestImage.encoded(image, .png), .median(.init(size: 5))).picture()
        for x in 5..<25 where picture[x, 10][3] > 0 { #expect(picture[x, 10] == [255, 0, 0, 255]) }
        #expect((5..<25).contains { picture[$0, 10][3] > 0 })
    }

    @Test(arguments: [(1, 1), (2, 40), (40, 2), (3, 3)])
    func medianAcceptsPicturesSmallerThanItsWindow(width: Int, height: Int) throws {
        let picture = try render(try TestImage.file(.png, width, height), .median(.init(size: 9))).picture()
        #expect((picture.width, picture.height) == (width, height))
    }

    @Test func sharpenSteepensAnEdge() throws {
        let soft = try TestImage.made(40, 20, bands: 3) { x, _ in
            [UInt8](repeating: UInt8(min(200, max(60, 60 + (x - 16) * 18))), count: 3)
        }
        let source = try TestImage.encoded(soft, .png)
        let before = try render(source).picture()
        let after = try render(source, .sharpen(.init(sigma: 2, m1: 2, m2: 4))).picture()
        #expect(after[14, 10][0] < before[14, 10][0])
    }

    @Test func grayscaleKeepsNoColour() throws {
        let pixel = try render(file, .grayscale).picture()[2, 2]
        #expect(pixel[0] == pixel[1] && pixel[1] == pixel[2] && pixel[0] > 50 && pixel[0] < 220)
    }

    @Test func modulateChangesColours() throws {
        let grey = try render(file, .modulate(.init(saturation: 0))).picture()[2, 2]
        #expect(abs(Int(grey[0]) - Int(grey[1])) < 4)
        let dark = try render(file, .modulate(.init(brightness: 0.5))).picture()[60, 40]
        #expect(dark[0] < 150)
        let turned = try render(file, .modulate(.init(hue: 180))).picture()[2, 2]
        #expect(turned[0] < turned[2])
    }

    @Test func gammaBrightensTheMiddle() throws {
        let grey = try TestImage.made(8, 8, bands: 3) { _, _ in [64, 64, 64] }
        let picture = try render(try TestImage.encoded(grey, .png), .gamma(.init(gamma: 2))).picture()
        #expect(picture.shows([128, 128, 128], at: 4, 4, tolerance: 2))
    }

    @Test func negateInvertsColours() throws {
        #expect(
            try render(file, .negate).picture().hasCorners([[0, 255, 255], [255, 0, 255], [255, 255, 0], [0, 0, 0]]))
    }

    @Test func tintAppliesTheHue() throws {
        let grey = try TestImage.made(8, 8, bands: 3) { _, _ in [128, 128, 128] }
        let pixel = try render(try TestImage.encoded(grey, .png), .tint(.init(color: Color(red: 255, green: 0, blue: 0)))).picture()[4, 4]
        #expect(Int(pixel[0]) > Int(pixel[1]) + 60)
    }

    @Test func flattenAndRound() throws {
        let round = try render(file, .round(.init(radius: 12))).picture()
        #expect(round.bands == 4 && round[0, 0][3] == 0 && round[63, 47][3] == 0 && round[32, 24][3] == 255 && round[0, 24][3] == 255)
        let flat = try render(file, .round(.init(radius: 500)), .flatten(.init(background: .black))).picture()
        #expect(flat.bands == 3 && flat.shows([0, 0, 0], at: 0, 0))
    }

    @Test func padAddsABorder() throws {
        let picture = try render(file, .pad(.init(top: 1, right: 2, bottom: 3, left: 4, background: .black))).picture()
        #expect((picture.width, picture.height) == (70, 52))
        #expect(picture.shows([0, 0, 0], at: 3, 20) && picture.shows(TestImage.red, at: 5, 3))
        #expect(try render(file, .pad(.init(top: 1, background: .transparent))).picture()[5, 0][3] == 0)
    }

    @Test func trimRemovesTheBorder() throws {
        let padded = try render(file, .pad(.init(top: 10, right: 20, bottom: 30, left: 5, background: .black))).files[0]
        let picture = try render(padded, .trim(.init())).picture()
        #expect((picture.width, picture.height) == (64, 48))
        let plain = try TestImage.encoded(try TestImage.made(9, 9, bands: 3) { _, _ in [9, 9, 9] }, .png)
        #expect(try render(plain, .trim(.init())).picture().width == 9)
    }

    /// A crop is specified in source pixels, even if a smaller decode would be sufficient for the output.
    @Test func cropBeforeResizeSeesTheWholeSource() throws {
        let large = try TestImage.file(.jpeg, 1600, 1200)
        let picture = try render(
            large, .crop(.init(width: 400, height: 300, location: .offset(left: 1200, top: 0))), .resize(.init(width: 40))
        ).picture()
        #expect((picture.width, picture.height) == (40, 30) && picture.hasCorners(Array(repeating: TestImage.green, count: 4)))
    }
}

@Suite struct Watermarks {
    private let id = "01890a5d-ac96-774b-bcce-b302099a8057"

    private func marked(_ watermark: ImageOperation.Watermark, mark: Data? = nil) throws -> Rendering {
        let black = try TestImage.encoded(try TestImage.made(8, 8, bands: 3) { _, _ in [0, 0, 0] }, .png)
        return try render(try TestImage.file(.png), .watermark(watermark), overlays: [id: mark ?? black])
    }

    @Test func watermarkIsPlacedAsRequested() throws {
        let picture = try marked(.init(image: TaskID(id))).picture()
        #expect(picture.bands == 3 && picture.shows([0, 0, 0], at: 60, 44) && picture.shows(TestImage.white, at: 50, 44))
        #expect(try marked(.init(image: TaskID(id), position: .gravity(.northwest))).picture().shows([0, 0, 0], at: 1, 1))
    }

    @Test func watermarkIsFadedAndScaled() throws {
        let faded = try marked(.init(image: TaskID(id), opacity: 0.5)).picture()
        #expect(faded.shows([128, 128, 128], at: 60, 44, tolerance: 4))
        let scaled = try marked(.init(image: TaskID(id), position: .gravity(.northwest), scale: 0.5)).picture()
        #expect(scaled.shows([0, 0, 0], at: 28, 28) && scaled.shows(TestImage.green, at: 40, 4))
    }

    @Test func watermarkIsTiled() throws {
        let picture = try marked(.init(image: TaskID(id), tile: true)).picture()
        #expect(picture.hasCorners(Array(repeating: [0, 0, 0], count: 4)))
    }

    @Test func aDamagedWatermarkFailsOnlyItsOutput() throws {
        let rendering = try marked(.init(image: TaskID(id)), mark: Data("no image".utf8))
        #expect(rendering.results[0].failure?.code == "watermark_unreadable")
        let missing = try render(try TestImage.file(.png), .watermark(.init(image: TaskID(id))))
        #expect(missing.results[0].failure?.code == "watermark_missing")
    }

    @Test func aDamagedWatermarkIsReadOnceAndHoldsNoMemory() throws {
        let whole = try TestImage.encoded(try TestImage.photo(200, 200), .png)
        let cut = whole.prefix(whole.count / 2)
        try cut.withUnsafeBytes { bytes in
            let marks = OverlaySet([id: bytes], limits: ImageLimits())
            let messages = (0..<3).map { _ -> String? in
                do {
                    _ = try marks.mark(TaskID(id))
                    return nil
                } catch {
                    return (error as? OutputError)?.message
                }
            }
            #expect(Set(messages).count == 1 && messages.first != .some(nil), "\(messages)")
            #expect(marks.bytes == 0)
        }
    }
}
