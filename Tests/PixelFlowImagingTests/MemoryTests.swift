import CVips
import Foundation
import Logging
import NIOCore
import PixelFlowCore
import Prometheus
import Testing

@testable import PixelFlowImaging

/// The most expensive sources within the pixel limit, by format, in a process with the memory of the chart's default.
@Suite(.serialized) struct WorstSources {
    /// The edge of 50 megapixels.
    static let edge = 7071

    struct Source: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var expected: String?
        var make: @Sendable () throws -> Data
    }

    static let sources: [Source] = [
        Source(testDescription: "png, 16 bits, alpha") { try deep("pngsave_buffer", ["compression": .integer(1)]) },
        Source(testDescription: "png, 16 bits, alpha, interlaced") {
            try deep("pngsave_buffer", ["compression": .integer(1), "interlace": .flag(true)])
        },
        Source(testDescription: "jpeg, CMYK, progressive, full colour") {
            let image = try black(bands: 4).applying("copy", ["interpretation": .integer(Int(VIPS_INTERPRETATION_CMYK.rawValue))])
            return try TestImage.data(
                image, "jpegsave_buffer",
                ["interlace": .flag(true), "subsample_mode": .integer(Int(VIPS_FOREIGN_SUBSAMPLE_OFF.rawValue))])
        },
        Source(testDescription: "webp, lossless") {
            try TestImage.data(try colours(black(bands: 3)), "webpsave_buffer", ["lossless": .flag(true), "effort": .integer(0)])
        },
        Source(testDescription: "webp, alpha, lossless", expected: "image_too_large_in_memory") {
            try TestImage.data(try colours(black(bands: 4)), "webpsave_buffer", ["lossless": .flag(true), "effort": .integer(0)])
        },
        // Decoded as a whole, and larger than the size above which libvips would use a file.
        Source(testDescription: "avif") {
            let image = try black(bands: 3, edge: 6000).applying("copy", ["interpretation": .sRGB])
            return try TestImage.data(
                image, "heifsave_buffer",
                ["compression": .integer(Int(VIPS_FOREIGN_HEIF_COMPRESSION_AV1.rawValue)), "effort": .integer(0), "bitdepth": .integer(8)])
        },
        Source(testDescription: "gif") { try TestImage.data(try colours(black(bands: 3)), "gifsave_buffer", ["effort": .integer(1)]) },
        Source(testDescription: "tiff, 16 bits, alpha") { try deep("tiffsave_buffer", ["compression": .integer(deflate)]) },
        Source(testDescription: "tiff, 32 bits of floating point, alpha", expected: "image_too_large_in_memory") {
            let image = try colours(black(bands: 4)).applying("cast", ["format": .integer(Int(VIPS_FORMAT_FLOAT.rawValue))])
            return try TestImage.data(image, "tiffsave_buffer", ["compression": .integer(deflate)])
        },
    ]

    private static var deflate: Int { Int(VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE.rawValue) }

    private static func black(bands: Int, edge: Int = edge) throws -> Image {
        try VipsLibrary.start()
        return try Image.make("black", ["width": .integer(edge), "height": .integer(edge), "bands": .integer(bands)])
    }

    private static func colours(_ image: Image) throws -> Image { try image.applying("copy", ["interpretation": .sRGB]) }

    private static func deep(_ saver: String, _ arguments: VipsArguments) throws -> Data {
        let image = try black(bands: 4).applying("cast", ["format": .integer(Int(VIPS_FORMAT_USHORT.rawValue))])
            .applying("copy", ["interpretation": .integer(Int(VIPS_INTERPRETATION_RGB16.rawValue))])
        return try TestImage.data(image, saver, arguments)
    }

    @Test(arguments: sources) func sourcesFitInMemoryOrAreRefused(_ source: Source) async throws {
        let bytes = ByteBuffer(bytes: try source.make())
        #expect(bytes.readableBytes <= ImageLimits().sourceBytes)
        let memory = ContainerMemory.share(of: 2, sourceBytes: ImageLimits().sourceBytes, limit: 2088 << 20)
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let pool = RenderPool(
            .init(
                processes: 1, processMemory: memory, residentLimit: .max,
                executable: folder.appending(path: "pixelflow-render-fixture").path),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: PrometheusRegistry())
        await pool.warmUp()
        let before = pool.processIdentifiers
        let outputs = [
            OutputSpec(name: "small", operations: [.resize(.init(width: 64))], format: .fixed(.jpeg)),
            // For this output, nothing may be decoded at a smaller scale.
            OutputSpec(name: "part", operations: [.crop(.init(width: 64, height: 64))], format: .fixed(.jpeg)),
        ]
        var code: String?
        do {
            let report = try await pool.render(RenderJob(source: bytes, pipeline: Pipeline(outputs: outputs)))
            for output in report.outputs { #expect(throws: Never.self) { try output.result.get() } }
        } catch let error as PixelFlowError {
            code = error.code
        }
        #expect(code == source.expected)
        // No process had to be killed.
        #expect(pool.processIdentifiers == before)
        let peak = try #require(before.first.flatMap(Self.peak))
        #expect(peak <= memory)
        await pool.shutdown()
    }

    /// The peak memory of the process.
    private static func peak(_ process: Int32) -> Int? {
        let lines = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8).split(separator: "\n")
        return lines?.first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }
}

/// Limits that reject sources before anything is decoded.
@Suite struct MemoryBudgets {
    private func limits(_ megabytes: Int) -> ImageLimits { ImageLimits(memoryBytes: megabytes * 1_000_000) }

    private func code(_ source: Data, _ output: OutputSpec, _ limits: ImageLimits) throws -> String? {
        do {
            return try render(source, [output], limits: limits).results[0].failure?.code
        } catch let failure as RenderError {
            return failure.code
        }
    }

    private let small = OutputSpec(name: "a", operations: [.resize(.init(width: 10))], format: .fixed(.png))

    @Test func aSourceIsRefusedByItsHeader() throws {
        // 75 MB of pixels in a file of a hundred bytes.
        let source = HostileFile.png(edge: 5000)
        #expect(try code(source, small, limits(70)) == "image_too_large_in_memory")
        #expect(try code(source, small, limits(80)) == "truncated_image")
    }

    @Test func shrinkOnLoadNeedsLessMemory() throws {
        let source = try TestImage.file(.jpeg, 2000, 1500)
        #expect(try code(source, small, limits(2)) == nil)
        #expect(try code(source, OutputSpec(name: "a", format: .fixed(.jpeg)), limits(8)) == "image_too_large_in_memory")
    }

    @Test func anOutputThatIsTooLargeDoesNotAffectOthers() throws {
        let source = try TestImage.file(.png, 1000, 800)
        let outputs = [
            OutputSpec(
                name: "a", operations: [.resize(.init(width: 4000, enlarge: true))], format: .fixed(.webp),
                encoder: EncoderOptions(lossless: true)),
            small,
        ]
        let results = try render(source, outputs, limits: limits(100)).results
        #expect(results[0].failure?.code == "output_too_large_in_memory")
        #expect(results[1].failure == nil)
    }

    /// A source of 2.4 MB, and 0.8 MB for each mask.
    @Test func masksCount() throws {
        let source = try TestImage.file(.png, 1000, 800)
        func rounded(_ steps: Int) -> OutputSpec {
            OutputSpec(name: "a", operations: Array(repeating: .round(.init(radius: 9)), count: steps), format: .fixed(.png))
        }
        #expect(try code(source, rounded(1), limits(9)) == nil)
        #expect(try code(source, rounded(20), limits(9)) == "output_too_large_in_memory")
        #expect(try code(source, rounded(20), limits(24)) == nil)
    }

    /// The picture may be smaller than predicted after `trim`, so the encoder counts although the prediction is beyond the limit of pixels.
    @Test func aPredictionBeyondTheLimitIsNoReasonToCountLess() throws {
        let picture = try TestImage.made(1000, 800, bands: 3) { x, y in
            (20..<980).contains(x) && (20..<780).contains(y) ? [200, 30, UInt8(x % 200)] : [255, 255, 255]
        }
        let source = try TestImage.encoded(picture, .png)
        let padded = OutputSpec(
            name: "a", operations: [.trim(.init()), .pad(.init(top: 10, right: 10, bottom: 10, left: 10))], format: .fixed(.webp),
            encoder: EncoderOptions(lossless: true))
        var limits = ImageLimits(memoryBytes: 20_000_000)
        limits.pixels = 810_000
        #expect(try code(source, padded, limits) == "output_too_large_in_memory")
        limits.memoryBytes = 80_000_000
        #expect(try code(source, padded, limits) == nil)
    }

    private func blurred(_ steps: Int) -> OutputSpec {
        OutputSpec(
            name: "a", operations: Array(repeating: .blur(.init(sigma: 1)), count: steps), format: .fixed(.jpeg))
    }

    /// A source of 2.4 MB, and at most two computed pictures of 3.2 MB, whichever the number of steps.
    @Test func aStepFreesThePictureOfTheStepBefore() throws {
        let source = try TestImage.file(.png, 1000, 800)
        for steps in [2, 5] {
            #expect(try code(source, blurred(steps), limits(9)) == nil)
            #expect(try code(source, blurred(steps), limits(8)) == "output_too_large_in_memory")
        }
    }

    /// Of 3 MB each: source and watermark. Of 4 MB each: the layer and the encoded output.
    @Test func theWatermarkOfAnOutputCounts() throws {
        let source = try TestImage.file(.png, 1000, 1000)
        let id = "0190a0a0-0000-7000-8000-000000000001"
        let spec = OutputSpec(name: "a", operations: [.watermark(.init(image: TaskID(id)))], format: .fixed(.jpeg))
        func code(_ megabytes: Int) throws -> String? {
            try render(source, [spec], overlays: [id: source], limits: limits(megabytes)).results[0].failure?.code
        }
        #expect(try code(15) == nil)
        #expect(try code(13) == "output_too_large_in_memory")
    }

    @Test func containerMemoryIsDivided() {
        let source = 20 << 20
        #expect(ContainerMemory.share(of: 2, sourceBytes: source, limit: 2088 << 20) == 800 << 20)
        #expect(ContainerMemory.share(of: 4, sourceBytes: source, limit: 4 << 30) == 844 << 20)
        #expect(ContainerMemory.share(of: 8, sourceBytes: source, limit: 1 << 30) == ContainerMemory.least)
        #expect(ContainerMemory.share(of: 2, sourceBytes: source, limit: nil) == ContainerMemory.unlimited)
    }

    @Test(
        arguments: [
            (["/sys/fs/cgroup/memory.max": "2147483648\n"], 2 << 30), (["/sys/fs/cgroup/memory.max": "max\n"], nil),
            (["/sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n"], 1 << 30),
            (["/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"], nil), ([:], nil),
        ] as [([String: String], Int?)])
    func theLimitIsReadFromTheControlGroup(files: [String: String], limit: Int?) {
        #expect(ContainerMemory.limit { files[$0] } == limit)
    }
}
