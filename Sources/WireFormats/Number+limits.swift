extension Int {
    /// The whole part of a number from elsewhere, which may be of any size. Clamped to the range of `Int`; 0 for what is not a number.
    public init(clamping value: Double) {
        if value.isNaN {
            self = 0
        } else {
            self = Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
        }
    }

    /// A fraction from 0 to 1 as a whole percentage, whatever the number is.
    public init(percentOf fraction: Double) { self.init(clamping: (Swift.min(1, Swift.max(0, fraction)) * 100)) }
}

extension Duration {
    /// Seconds from elsewhere, clamped to 0 to 100 years; 0 for what is not a number.
    public static func seconds(clamping value: Double) -> Duration {
        let years = Double(100 * 366 * 86_400)
        return value.isNaN ? .zero : .seconds(Swift.min(years, Swift.max(0, value)))
    }
}
