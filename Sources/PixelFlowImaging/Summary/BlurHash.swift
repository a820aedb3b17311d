import Foundation
import PixelFlowCore

/// Encodes a picture as a few low-frequency components in about thirty characters, in the format of blurha.sh.
enum BlurHash {
    static func encode(_ grid: SampleGrid, componentsX: Int, componentsY: Int) -> String {
        let light = grid.colors.map { (red: lightTable[Int($0.red)], green: lightTable[Int($0.green)], blue: lightTable[Int($0.blue)]) }
        let horizontal = cosines(grid.width, componentsX)
        let vertical = cosines(grid.height, componentsY)
        var waves: [(red: Double, green: Double, blue: Double)] = []
        for j in 0..<componentsY {
            for i in 0..<componentsX {
                var wave = (red: 0.0, green: 0.0, blue: 0.0)
                for y in 0..<grid.height {
                    for x in 0..<grid.width {
                        let basis = horizontal[i][x] * vertical[j][y]
                        let pixel = light[y * grid.width + x]
                        wave.red += basis * pixel.red
                        wave.green += basis * pixel.green
                        wave.blue += basis * pixel.blue
                    }
                }
                let scale = (i == 0 && j == 0 ? 1.0 : 2.0) / Double(grid.width * grid.height)
                waves.append((wave.red * scale, wave.green * scale, wave.blue * scale))
            }
        }
        return text(waves, componentsX, componentsY)
    }

    private static func text(_ waves: [(red: Double, green: Double, blue: Double)], _ componentsX: Int, _ componentsY: Int) -> String {
        var hash = base83(componentsX - 1 + (componentsY - 1) * 9, 1)
        let largest = waves.dropFirst().map { max(abs($0.red), abs($0.green), abs($0.blue)) }.max() ?? 0
        let quantised = max(0, min(82, Int((largest * 166 - 0.5).rounded(.down))))
        let maximum = waves.count > 1 ? Double(quantised + 1) / 166 : 1
        hash += base83(waves.count > 1 ? quantised : 0, 1)
        let mean = waves[0]
        hash += base83(srgb(mean.red) << 16 | srgb(mean.green) << 8 | srgb(mean.blue), 4)
        for wave in waves.dropFirst() {
            let levels = [wave.red, wave.green, wave.blue].map { level($0 / maximum) }
            hash += base83(levels[0] * 19 * 19 + levels[1] * 19 + levels[2], 2)
        }
        return hash
    }

    /// One of 19 levels, finer near zero.
    private static func level(_ value: Double) -> Int {
        let bent = value < 0 ? -(-value).squareRoot() : value.squareRoot()
        return max(0, min(18, Int((bent * 9 + 9.5).rounded(.down))))
    }

    private static func srgb(_ light: Double) -> Int {
        Int(ToneCurve.standardEncoded(max(0, min(1, light))) * 255 + 0.5)
    }

    private static func cosines(_ length: Int, _ count: Int) -> [[Double]] {
        (0..<count).map { wave in
            (0..<length).map { cos(Double.pi * Double(wave) * (Double($0) + 0.5) / Double(length)) }
        }
    }

    private static func base83(_ value: Int, _ length: Int) -> String {
        var rest = value
        var text: [UInt8] = []
        for _ in 0..<length {
            text.append(digits[rest % 83])
            rest /= 83
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }

    private static let lightTable = (0...255).map { linear(UInt8($0)) }
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~".utf8)
}
