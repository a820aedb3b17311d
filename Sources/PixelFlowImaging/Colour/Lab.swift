import Foundation
import PixelFlowCore

/// The chroma of a colour in CIE L*a*b* (D65).
struct Lab {
    let a: Double
    let b: Double

    init(_ color: Color) {
        let red = linear(color.red)
        let green = linear(color.green)
        let blue = linear(color.blue)
        // IEC 61966-2-1: linear sRGB to XYZ; divided by the white point of D65.
        let x = compressed((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
        let y = compressed(0.2126 * red + 0.7152 * green + 0.0722 * blue)
        let z = compressed((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
        a = 500 * (x - y)
        b = 200 * (y - z)
    }
}

/// An 8-bit sRGB value as linear light, 0 to 1.
func linear(_ value: UInt8) -> Double {
    ToneCurve.standardLight(Double(value) / 255)
}

/// The cube root with a linear segment near black, from CIE 15.
private func compressed(_ value: Double) -> Double {
    value > 0.008856 ? cbrt(value) : 7.787 * value + 16.0 / 116.0
}
