/// Tracks which coefficient bits the scans of a JPEG have sent (ISO/IEC 10918-1 annex G): progressive files send them in passes.
struct JPEGScans {
    private(set) var isArithmetic = false
    /// For each component, by its identifier, the lowest bit sent of each coefficient; `unsent` before the first.
    private var lowestBits: [UInt8: [UInt8]] = [:]

    private static let coefficients = 64
    private static let unsent = UInt8.max

    /// Brightness, in all files but those of inks.
    private var firstComponent: UInt8?

    var areComplete: Bool { lowestBits.values.allSatisfy { $0.allSatisfy { $0 == 0 } } }

    /// Whether no component is missing, nor any coefficient of the first one. The standard requires no more: a file need not send every
    /// bit, nor coefficients that are 0 everywhere, as in the colours of a grey picture.
    var haveAllParts: Bool {
        lowestBits.values.allSatisfy { $0[0] != Self.unsent }
            && (firstComponent.flatMap { lowestBits[$0] } ?? []).allSatisfy { $0 != Self.unsent }
    }

    /// - Parameter offset: the offset of the length field of a frame header.
    mutating func begin(_ marker: UInt8, _ reader: ByteReader, _ offset: Int) {
        isArithmetic = marker >= 0xc9
        lowestBits = [:]
        firstComponent = reader.byte(at: offset + 8)
        for index in 0..<Int(reader.byte(at: offset + 7) ?? 0) {
            guard let component = reader.byte(at: offset + 8 + index * 3) else { return }
            lowestBits[component] = Array(repeating: Self.unsent, count: Self.coefficients)
        }
    }

    /// - Parameter offset: the offset of the length field of a scan header.
    mutating func add(_ reader: ByteReader, _ offset: Int) {
        let count = Int(reader.byte(at: offset + 2) ?? 0)
        let end = offset + 3 + count * 2
        guard let first = reader.byte(at: end), let last = reader.byte(at: end + 1), let bits = reader.byte(at: end + 2),
            first <= last, last < Self.coefficients
        else { return }
        for index in 0..<count {
            guard let component = reader.byte(at: offset + 3 + index * 2) else { return }
            for coefficient in Int(first)...Int(last) { lowestBits[component]?[coefficient] = bits & 15 }
        }
    }
}
