import Foundation

/// A tone curve of an ICC profile: from a sample value to linear light, both 0 to 1.
enum ToneCurve {
    case gamma(Double)
    case table([Double])
    /// Types 0 to 4 of `parametricCurveType`, all written as type 4: (ax + b)^g + e for x >= d, otherwise cx + f.
    case parametric(g: Double, a: Double, b: Double, c: Double, d: Double, e: Double, f: Double)

    /// - Parameter offset: the offset of a `curv` or `para` tag.
    init?(_ reader: ByteReader, at offset: Int) {
        if reader.has("curv", at: offset) {
            self.init(curv: reader, offset)
        } else if reader.has("para", at: offset) {
            self.init(para: reader, offset)
        } else {
            return nil
        }
    }

    private init?(curv reader: ByteReader, _ offset: Int) {
        guard let count = reader.number(at: offset + 8, width: 4), count <= 65_536 else { return nil }
        let values = (0..<count).compactMap { reader.number(at: offset + 12 + $0 * 2, width: 2) }
        guard values.count == count else { return nil }
        switch count {
        case 0: self = .gamma(1)
        // A single value is a u8Fixed8Number.
        case 1: self = .gamma(Double(values[0]) / 256)
        default: self = .table(values.map { Double($0) / 65535 })
        }
    }

    private init?(para reader: ByteReader, _ offset: Int) {
        guard let kind = reader.number(at: offset + 8, width: 2), kind <= 4 else { return nil }
        let values = (0..<[1, 3, 4, 5, 7][kind]).compactMap { reader.fixed(at: offset + 12 + $0 * 4) }
        guard values.count == [1, 3, 4, 5, 7][kind] else { return nil }
        if kind == 0 {
            self = .gamma(values[0])
            return
        }
        let (g, a, b) = (values[0], values[1], values[2])
        guard a != 0 else { return nil }
        switch kind {
        case 1: self = .parametric(g: g, a: a, b: b, c: 0, d: -b / a, e: 0, f: 0)
        case 2: self = .parametric(g: g, a: a, b: b, c: 0, d: -b / a, e: values[3], f: values[3])
        case 3: self = .parametric(g: g, a: a, b: b, c: values[3], d: values[4], e: 0, f: 0)
        default: self = .parametric(g: g, a: a, b: b, c: values[3], d: values[4], e: values[5], f: values[6])
        }
    }

    func light(_ value: Double) -> Double {
        switch self {
        case .gamma(let gamma): return pow(value, gamma)
        case .table(let table):
            let position = value * Double(table.count - 1)
            let index = min(Int(position), table.count - 2)
            return table[index] + (table[index + 1] - table[index]) * (position - Double(index))
        case .parametric(let g, let a, let b, let c, let d, let e, let f):
            return value >= d ? pow(max(0, a * value + b), g) + e : c * value + f
        }
    }

    /// Whether high values are brighter than low ones; otherwise, the curve is damaged.
    var rises: Bool { light(1) - light(0) > 0.2 }

    /// Whether it matches the sRGB curve everywhere to within one of 255 steps.
    var isStandard: Bool {
        (0...64).allSatisfy { step in
            let value = Double(step) / 64
            let light = min(1, max(0, light(value)))
            return abs(Self.standardEncoded(light) - value) * 255 <= 1
        }
    }

    /// IEC 61966-2-1: a value of sRGB as linear light, both 0 to 1.
    static func standardLight(_ value: Double) -> Double {
        value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    /// IEC 61966-2-1: linear light as a value of sRGB, both 0 to 1.
    static func standardEncoded(_ light: Double) -> Double {
        light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055
    }
}
