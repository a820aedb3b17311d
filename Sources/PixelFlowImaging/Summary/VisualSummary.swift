import PixelFlowCore

/// Visual properties of a source, computed from a sample grid of pixels that are decoded anyway.
struct VisualSummary {
    let blurhash: String
    let dominantColor: String

    /// The maximum samples per edge; enough for 4 x 3 BlurHash components and for the most common colour.
    private static let grid = 48

    init(_ image: Image) throws {
        let samples = try SampleGrid(image, maximumEdge: VisualSummary.grid).inStandardColours(of: image)
        let isPortrait = image.height > image.width
        blurhash = BlurHash.encode(samples.opaque, componentsX: isPortrait ? 3 : 4, componentsY: isPortrait ? 4 : 3)
        dominantColor = DominantColor.find(samples).description
    }
}

/// Colours on a regular grid. Each is the mean of a few pixels of its cell.
struct SampleGrid {
    let width: Int
    let height: Int
    /// Red, green, blue and alpha, row by row.
    private(set) var colors: [Color]

    init(_ image: Image, maximumEdge: Int) throws {
        let bands = image.bands
        let size = (width: image.width, height: image.height)
        width = min(maximumEdge, size.width)
        height = min(maximumEdge, size.height)
        colors = []
        colors.reserveCapacity(width * height)
        let hasAlpha = image.hasAlpha
        let columns = SampleGrid.cells(size.width, width)
        let rows = SampleGrid.cells(size.height, height)
        try image.inMemory().withPixels { pixels in
            for row in rows {
                for column in columns {
                    colors.append(
                        SampleGrid.mean(pixels, row, column, stride: size.width * bands, bands: bands, hasAlpha: hasAlpha))
                }
            }
        }
    }

    /// The colours as sRGB, if those of `image` are not.
    func inStandardColours(of image: Image) throws -> SampleGrid {
        guard let profile = image.ownProfile else { return self }
        let isGrey = image.bands < 3
        let pixels = colors.flatMap { isGrey ? [$0.red] : [$0.red, $0.green, $0.blue] }
        let picture = try Image.copying(pixels, width: width, height: height, bands: isGrey ? 1 : 3)
            .applying("copy", ["interpretation": isGrey ? .grey : .sRGB])
        picture.set(Colour.iccField, profile)
        guard let converted = try Colour.transformed(picture, isGrey ? .grey : .rgb)?.inMemory() else { return self }
        var grid = self
        try converted.withPixels { pixels in
            for index in colors.indices {
                let (red, green, blue) = (pixels[index * 3], pixels[index * 3 + 1], pixels[index * 3 + 2])
                grid.colors[index] = Color(red: red, green: green, blue: blue, alpha: colors[index].alpha)
            }
        }
        return grid
    }

    /// Each colour over the mean of the visible ones: what alpha hides is not shown.
    var opaque: SampleGrid {
        let weight = colors.reduce(0) { $0 + Int($1.alpha) }
        guard weight < 255 * colors.count else { return self }
        var grid = self
        func mix(_ channel: KeyPath<Color, UInt8>, of color: Color) -> UInt8 {
            let mean = weight == 0 ? 255 : colors.reduce(0) { $0 + Int($1[keyPath: channel]) * Int($1.alpha) } / weight
            return UInt8((Int(color[keyPath: channel]) * Int(color.alpha) + mean * (255 - Int(color.alpha))) / 255)
        }
        grid.colors = colors.map { Color(red: mix(\.red, of: $0), green: mix(\.green, of: $0), blue: mix(\.blue, of: $0)) }
        return grid
    }

    /// Up to three positions in each cell, evenly spread.
    private static func cells(_ length: Int, _ count: Int) -> [[Int]] {
        (0..<count).map { cell in
            let start = cell * length / count
            let size = max(1, (cell + 1) * length / count - start)
            let samples = min(3, size)
            return (0..<samples).map { start + ($0 * 2 + 1) * size / (samples * 2) }
        }
    }

    private static func mean(
        _ pixels: UnsafeRawBufferPointer, _ rows: [Int], _ columns: [Int], stride: Int, bands: Int, hasAlpha: Bool
    ) -> Color {
        var sum: (red: Int, green: Int, blue: Int, alpha: Int) = (0, 0, 0, 0)
        let isGrey = bands < 3
        for row in rows {
            for column in columns {
                let offset = row * stride + column * bands
                // The colours of invisible pixels do not count.
                let alpha = hasAlpha ? Int(pixels[offset + bands - 1]) : 255
                sum.red += Int(pixels[offset]) * alpha
                sum.green += Int(pixels[isGrey ? offset : offset + 1]) * alpha
                sum.blue += Int(pixels[isGrey ? offset : offset + 2]) * alpha
                sum.alpha += alpha
            }
        }
        guard sum.alpha > 0 else { return .transparent }
        return Color(
            red: UInt8(sum.red / sum.alpha), green: UInt8(sum.green / sum.alpha), blue: UInt8(sum.blue / sum.alpha),
            alpha: UInt8(sum.alpha / (rows.count * columns.count)))
    }
}
