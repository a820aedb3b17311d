import Foundation
import PixelFlowCore
import Synchronization

@testable import PixelFlowImaging

/// The result of rendering a source.
struct Rendering {
    let metadata: SourceMetadata
    let results: [OutputResult]
    let files: [Data]

    /// The picture of the first output.
    func picture() throws -> Picture { try Picture(files[0]) }
}

/// libvips has one error buffer per process. In a render process, only one job at a time uses it; here, tests take turns.
private let turn = Mutex(())

/// Renders in this process.
func render(
    _ source: Data, _ outputs: [OutputSpec], overlays: [String: Data] = [:], limits: ImageLimits = ImageLimits()
) throws -> Rendering {
    var results: [OutputResult] = []
    var files: [Data] = []
    // Copies at addresses that stay valid while the engine runs.
    let kept = overlays.mapValues { data in
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: data.count, alignment: 1)
        data.copyBytes(to: copy)
        return copy
    }
    defer { kept.values.forEach { $0.deallocate() } }
    let metadata = try turn.withLock { _ in
        try source.withUnsafeBytes { bytes in
            try RenderEngine().render(
                source: bytes, overlays: kept.mapValues { UnsafeRawBufferPointer($0) }, pipeline: Pipeline(outputs: outputs), limits: limits
            ) { result, bytes in
                results.append(result)
                files.append(Data(bytes))
            }
        }
    }
    return Rendering(metadata: metadata, results: results, files: files)
}

/// Renders one lossless output.
func render(_ source: Data, _ operations: ImageOperation..., overlays: [String: Data] = [:]) throws -> Rendering {
    try render(source, [OutputSpec(name: "a", operations: operations, format: .fixed(.png))], overlays: overlays)
}

/// The pixels of a file.
struct Picture {
    let width: Int
    let height: Int
    let bands: Int
    /// The number of frames, which are stacked in `bytes`.
    let frames: Int
    private let bytes: [UInt8]

    init(_ data: Data) throws {
        try VipsLibrary.start()
        let image = try data.withUnsafeBytes { bytes in
            try Load.open(bytes, try SourceFormat.sniffed(bytes), LoadOptions(frames: -1)).inMemory()
        }
        frames = image.integer("n-pages") ?? 1
        width = image.width
        height = image.height / frames
        bands = image.bands
        bytes = try image.withPixels { Array($0) }
    }

    subscript(_ x: Int, _ y: Int) -> [UInt8] {
        let offset = (y * width + x) * bands
        return Array(bytes[offset..<offset + bands])
    }

    /// Whether the pixel is within `tolerance` of `color` in each channel.
    func shows(_ color: [UInt8], at x: Int, _ y: Int, tolerance: Int = 12) -> Bool {
        zip(self[x, y], color).allSatisfy { abs(Int($0) - Int($1)) <= tolerance }
    }

    /// Whether the corners show the four colours, row by row from the top left.
    func hasCorners(_ colors: [[UInt8]], inset: Int = 3, tolerance: Int = 12) -> Bool {
        let points = [(inset, inset), (width - 1 - inset, inset), (inset, height - 1 - inset), (width - 1 - inset, height - 1 - inset)]
        return zip(points, colors).allSatisfy { shows($1, at: $0.0, $0.1, tolerance: tolerance) }
    }
}
