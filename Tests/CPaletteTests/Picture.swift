import CPalette
import Foundation

/// Pixels to choose a palette for.
struct Picture {
    struct Refused: Error {}

    let width: Int
    let height: Int
    let pixels: [[UInt8]]

    init(width: Int, height: Int, _ pixel: (Int, Int) -> [UInt8]) {
        self.width = width
        self.height = height
        pixels = (0..<height).flatMap { y in (0..<width).map { x in pixel(x, y) } }
    }

    /// Slopes, an edge and noise: some fifty thousand colours.
    static func photograph() -> Picture {
        Picture(width: 256, height: 256) { x, y in
            let (horizontal, vertical) = (Double(x) / 256, Double(y) / 256)
            let noise = Double((x &* 7919 ^ y &* 104_729) % 17) - 8
            let light = horizontal > 0.6 ? 0.5 : 1.0
            return [
                UInt8(max(0, min(255, 240 * horizontal * light + noise))), UInt8(max(0, min(255, 200 * vertical * light + 30 + noise))),
                UInt8(max(0, min(255, 120 + 100 * sin(6 * horizontal + 3 * vertical) * light + noise))), 255,
            ]
        }
    }

    private var bytes: [UInt8] { pixels.flatMap { $0 } }

    func palette(_ count: Int) throws -> Palette {
        var palette = Palette()
        guard palette_choose(bytes, width, height, Int32(clamping: count), &palette) == 0 else { throw Refused() }
        return palette
    }

    func mapped(to palette: Palette, dither: Float) throws -> [[UInt8]] {
        var palette = palette
        var indexes = [UInt8](repeating: 0, count: pixels.count)
        guard palette_map(&palette, bytes, width, height, dither, &indexes) == 0 else { throw Refused() }
        return indexes.map { palette[Int($0)] }
    }

    func psnr(of other: [[UInt8]]) -> Double {
        let sum = zip(pixels, other).reduce(0.0) { sum, pair in
            (0..<3).reduce(sum) { $0 + pow(Double(pair.0[$1]) - Double(pair.1[$1]), 2) }
        }
        return sum == 0 ? .infinity : 10 * log10(255 * 255 / (sum / Double(3 * pixels.count)))
    }

    /// The largest difference between the means of any block, away from the edges.
    func largestDifference(of other: [[UInt8]], block: Int) -> Double {
        var largest = 0.0
        for top in stride(from: block, to: height - block, by: block) {
            for left in stride(from: block, to: width - block, by: block) {
                var difference = 0.0
                for y in top..<(top + block) {
                    for x in left..<(left + block) { difference += Double(other[y * width + x][1]) - Double(pixels[y * width + x][1]) }
                }
                largest = max(largest, abs(difference) / Double(block * block))
            }
        }
        return largest
    }
}

extension Palette {
    /// Red, green, blue and alpha of an entry.
    subscript(number: Int) -> [UInt8] {
        withUnsafeBytes(of: entries) { Array($0[(4 * number)..<(4 * number + 4)]) }
    }
}
