import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

@Suite struct EncoderLimits {
    private func strip(_ width: Int, _ height: Int) throws -> Data {
        try VipsLibrary.start()
        let black = try Image.make("black", ["width": .integer(width), "height": .integer(height), "bands": .integer(3)])
        return try TestImage.data(black, "pngsave_buffer")
    }

    private func rendered(_ source: Data, _ format: ImageFormat, _ encoder: EncoderOptions) throws -> (OutputResult, Data) {
        let rendering = try render(source, [OutputSpec(name: "a", format: .fixed(format), encoder: encoder)])
        return (rendering.results[0], rendering.files[0])
    }

    /// The maximum edge is written and can be read; PixelFlow rejects one pixel more with its own message.
    @Test(arguments: [
        (ImageFormat.jpeg, 65_500, false), (.jpeg, 65_500, true), (.webp, 16_383, false), (.avif, 16_384, false), (.gif, 65_535, false),
        (.tiff, 65_500, true),
    ])
    func edgeBeyondTheLimitOfTheFormatFails(format: ImageFormat, limit: Int, asked: Bool) throws {
        let encoder = EncoderOptions(quality: asked ? 50 : nil, effort: 0, progressive: asked)
        for isTall in [false, true] {
            let whole = try strip(isTall ? 2 : limit, isTall ? limit : 2)
            let (result, data) = try rendered(whole, format, encoder)
            #expect(result.failure == nil)
            let picture = try Picture(data)
            #expect((picture.width, picture.height) == (isTall ? (2, limit) : (limit, 2)))
            let failure = try rendered(try strip(isTall ? 2 : limit + 1, isTall ? limit + 1 : 2), format, encoder).0.failure
            #expect(failure?.code == "dimensions_unsupported")
            #expect(failure?.message.contains("\(limit) pixels per edge") == true)
        }
    }

    @Test func otherFormatsAcceptLargeEdges() throws {
        let source = try strip(100_000, 2)
        for format in [ImageFormat.png, .tiff] { #expect(try rendered(source, format, EncoderOptions(effort: 0)).0.width == 100_000) }
        #expect(EncoderLimit(.png).edge == 1_000_000 && EncoderLimit(.gif).pixels == 536_870_911)
    }

    @Test(arguments: ImageFormat.allCases)
    func onePixelIsEnough(format: ImageFormat) throws {
        let (result, data) = try rendered(try strip(1, 1), format, EncoderOptions(effort: 0))
        #expect(result.failure == nil)
        #expect(try Picture(data).width == 1)
    }

    @Test func theFramesOfAnAnimationTogetherHaveALimit() throws {
        let frame = try TestImage.made(1, 1, bands: 3) { _, _ in [0, 0, 0] }
        let frames = Frames([Image](repeating: frame, count: 200), width: 1, height: 50_001)
        #expect { try Finish.check(frames, .gif, EncoderOptions()) } throws: { error in
            (error as? OutputError)?.code == "dimensions_unsupported"
        }
    }

    /// A file size alone does not make a TIFF lossy.
    @Test func maxBytesLeavesTIFFLossless() throws {
        let source = try TestImage.encoded(try TestImage.photo(60, 40), .png)
        let before = try Picture(source)
        let after = try Picture(try rendered(source, .tiff, EncoderOptions(maxBytes: 1_000_000)).1)
        #expect((0..<40).allSatisfy { y in (0..<60).allSatisfy { before[$0, y] == after[$0, y] } })
    }
}

@Suite struct FramesOfOutputs {
    /// Encoders merge equal frames: the reported number is that of the file.
    @Test(arguments: [ImageFormat.gif, .webp])
    func framesAreCountedInTheFile(format: ImageFormat) throws {
        let cases: [(frames: [[UInt8]], most: Int)] = [
            ([TestImage.red, TestImage.red, TestImage.green], 3), ([TestImage.red, TestImage.red], 2),
            ([TestImage.red, TestImage.green, TestImage.blue, TestImage.red], 4),
        ]
        for (colours, most) in cases {
            let source = try PlantedAnimation.gif(colours)
            let rendering = try render(source, [OutputSpec(name: "a", format: .fixed(format), animated: true)])
            #expect(rendering.metadata.frames == colours.count)
            #expect(rendering.results[0].frames == (try rendering.picture().frames))
            #expect((1...most).contains(rendering.results[0].frames))
        }
        // WebP merges these.
        if format == .webp {
            let rendering = try render(
                try PlantedAnimation.gif([TestImage.red, TestImage.red]), [OutputSpec(name: "a", format: .fixed(.webp), animated: true)])
            #expect(rendering.results[0].frames == 1)
        }
    }
}

/// Animations written frame by frame, with equal or different frames.
private enum PlantedAnimation {
    static func gif(_ colours: [[UInt8]]) throws -> Data {
        var data = Data("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0]
        for colour in colours {
            data += [0x21, 0xf9, 4, 0, 10, 0, 0, 0]
            // Each with its own palette, and its only pixel in the first colour.
            data += [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80] + colour + [0, 0, 0] + [2, 2, 0x44, 1, 0]
        }
        return data + [0x3b]
    }
}

@Suite struct LosslessAVIF {
    /// 8-bit YCbCr cannot represent every RGB colour.
    private let tolerance = 2

    private func largestError(_ source: Data, _ encoder: EncoderOptions) throws -> Int {
        let data = try render(source, [OutputSpec(name: "a", format: .fixed(.avif), encoder: encoder)]).files[0]
        #expect(chroma(of: data) == ["4:4:4"])
        let (before, after) = (try Picture(source), try Picture(data))
        #expect((before.width, before.height, before.bands) == (after.width, after.height, after.bands))
        var largest = 0
        let alpha = before.bands - 1
        for y in 0..<before.height {
            for x in 0..<before.width {
                if before.bands == 4 { #expect(before[x, y][alpha] == after[x, y][alpha]) }
                largest = max(largest, zip(before[x, y], after[x, y]).map { abs(Int($0) - Int($1)) }.max() ?? 0)
            }
        }
        return largest
    }

    /// The chroma sampling of each picture in the file; alpha is a picture without chroma.
    private func chroma(of data: Data) -> Set<String> {
        var found: Set<String> = []
        var rest = data
        while let configuration = rest.range(of: Data("av1C".utf8)) {
            // The flags after profile and level: monochrome, then chroma halved in x and in y.
            switch data[configuration.upperBound + 2] >> 2 & 7 {
            case 0: found.insert("4:4:4")
            case 3: found.insert("4:2:0")
            default: break
            }
            rest = data[configuration.upperBound...]
        }
        return found
    }

    @Test func lossyChromaIsAsRequested() throws {
        let source = try TestImage.file(.png)
        for (chroma, expected) in [(EncoderOptions.Chroma.half, "4:2:0"), (.full, "4:4:4")] {
            let spec = OutputSpec(name: "a", format: .fixed(.avif), encoder: EncoderOptions(effort: 0, chroma: chroma))
            #expect(self.chroma(of: try render(source, [spec]).files[0]) == [expected])
        }
    }

    @Test func reportedCheckerIsLossless() throws {
        let source = try FieldFile.data("lossless-avif-red-blue-checker.png")
        #expect(try largestError(source, EncoderOptions(lossless: true)) <= tolerance)
        // Even if both are requested.
        #expect(try largestError(source, EncoderOptions(lossless: true, chroma: .half)) <= tolerance)
    }

    @Test(arguments: [3, 4])
    func everyColourWithinTwo(bands: Int) throws {
        var state: UInt32 = 7
        let noise = try TestImage.made(96, 96, bands: bands) { _, _ in
            (0..<bands).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(state >> 24)
            }
        }
        let source = try TestImage.data(noise, "pngsave_buffer")
        #expect(try largestError(source, EncoderOptions(lossless: true, effort: 0)) <= tolerance)
    }
}

/// libvips has one error buffer per process, so each of these tests uses a separate process.
@Suite struct ErrorsOfLibvips {
    /// An image with an invalid profile, which libvips reports but tolerates.
    private static func withStaleErrors() throws -> String {
        try VipsLibrary.start()
        let image = try TestImage.quarters().withMetadata { _ in }
        image.set(Colour.iccField, Array("SECRET, and no profile".utf8))
        let arguments: VipsArguments = ["output_profile": .text("srgb"), "input_profile": .text("srgb"), "embedded": .flag(true)]
        _ = try image.applying("icc_transform", arguments).inMemory()
        return VipsError.buffered
    }

    @Test func errorsDoNotLeakIntoTheNextJob() async {
        await #expect(processExitsWith: .success) {
            let noted = try ErrorsOfLibvips.withStaleErrors()
            try #require(!noted.isEmpty)
            let error = #expect(throws: VipsError.self) {
                _ = try TestImage.quarters().cut(left: 1_000, top: 0, width: 10, height: 10)
            }
            let reason = try #require(error).description
            for line in noted.split(separator: "\n") { #expect(!reason.contains(line)) }
            #expect(VipsError.buffered.isEmpty)
        }
    }

    @Test func aJobStartsWithAnEmptyBuffer() async {
        await #expect(processExitsWith: .success) {
            try #require(!(try ErrorsOfLibvips.withStaleErrors()).isEmpty)
            #expect(throws: RenderError.self) { try render(Data("no image".utf8)) }
            #expect(VipsError.buffered.isEmpty)
        }
    }

    private static func onAnotherThread(_ body: @escaping @Sendable () -> Void) throws {
        let done = DispatchSemaphore(value: 0)
        Thread {
            body()
            done.signal()
        }.start()
        try #require(done.wait(timeout: .now() + 30) == .success)
    }

    @Test func memoryThatAnotherThreadLacksIsNotOfThisJob() async {
        await #expect(processExitsWith: .success) {
            MemoryShortage.forget()
            try ErrorsOfLibvips.onAnotherThread { MemoryShortage.note("out of memory") }
            try #require(MemoryShortage.named(.damaged) == .damaged)
            MemoryShortage.note("out of memory")
            try #require(MemoryShortage.named(.damaged) == .outOfMemory)
        }
    }

    /// A heap that cannot grow in place leaves the same error number, although the C library succeeds elsewhere.
    @Test func anErrorNumberIsAShortageOnlyWhereMemoryIsLimited() async {
        await #expect(processExitsWith: .success) {
            MemoryShortage.forget()
            errno = ENOMEM
            MemoryShortage.note("a damaged row")
            try #require(MemoryShortage.named(.damaged) == .damaged)
            MemoryShortage.limitApplies()
            errno = ENOMEM
            MemoryShortage.note("a damaged row")
            try #require(MemoryShortage.named(.damaged) == .outOfMemory)
        }
    }

    /// An output that fails for lack of memory is not an encoder's or an operation's fault.
    @Test func anOutputThatLacksMemorySaysSo() async {
        await #expect(processExitsWith: .success) {
            MemoryShortage.forget()
            let damaged = OutputError(code: "encoding_failed", message: "No.")
            try #require(MemoryShortage.named(damaged) == damaged)
            MemoryShortage.note("out of memory")
            try #require(MemoryShortage.named(damaged).code == "output_too_large_in_memory")
            // The next output starts without it.
            MemoryShortage.forget()
            try #require(MemoryShortage.named(damaged) == damaged)
        }
    }

    /// Pixels whose damage is detected only when they are read.
    private func failure(_ format: ImageFormat, _ operations: ImageOperation...) throws -> OutputError? {
        let whole = try TestImage.encoded(try TestImage.photo(300, 200), .png)
        return try whole.prefix(whole.count / 2).withUnsafeBytes { bytes in
            let damaged = try Load.open(bytes, .png, LoadOptions())
            let spec = OutputSpec(name: "a", operations: operations, format: .fixed(format), encoder: EncoderOptions(effort: 0))
            let rendering = OutputRendering(
                spec: spec, header: try Load.header(of: whole), limits: ImageLimits(), marks: OverlaySet([:], limits: ImageLimits()))
            return #expect(throws: OutputError.self) { try rendering.run(Frames([damaged], width: 300, height: 200)) }
        }
    }

    @Test(arguments: ImageFormat.allCases)
    func encodingErrorsHaveOurWording(format: ImageFormat) throws {
        let failure = try failure(format)
        #expect(failure?.code == "encoding_failed")
        #expect(failure?.message == "The output of 300 x 200 pixels could not be encoded as \(format.rawValue).")
    }

    @Test func operationErrorsHaveOurWording() throws {
        let failure = try failure(.png, .trim(.init()))
        #expect(failure?.code == "output_failed" && failure?.message == "The operation trim failed.")
    }
}

extension Load {
    /// The header of a test file, which is usable only as long as no pixels are read.
    fileprivate static func header(of data: Data) throws -> SourceHeader {
        try data.withUnsafeBytes { try header(of: $0, limits: ImageLimits()) }
    }
}
