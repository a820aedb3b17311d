import CVips

/// Floating point numbers of 16 bits (IEEE 754, binary16), which libvips does not know.
enum HalfPrecision {
    /// The numbers of which `image` has the bits.
    static func numbers(of image: Image) throws -> Image {
        // The result has the interpretation of the table.
        try image.applying("maplut", ["lut": .image(try Image.copying(values))])
            .applying("copy", ["interpretation": .integer(Int(image.interpretation.rawValue))])
    }

    /// The value of each of the 65,536 numbers.
    private static let values = (0...UInt16.max).map(value)

    /// What is not a number is 0.
    static func value(_ bits: UInt16) -> Float {
        let exponent = Int(bits >> 10 & 31)
        let fraction = Float(bits & 1023) / 1024
        let sign: Float = bits >> 15 == 0 ? 1 : -1
        switch exponent {
        case 0: return sign * Float(sign: .plus, exponent: -14, significand: fraction)
        case 31: return fraction == 0 ? sign * .greatestFiniteMagnitude : 0
        default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
        }
    }
}
