/// Reads the LZW codes of a GIF frame (GIF89a, appendix F) to count pixels without decoding their values.
struct GIFCodes {
    private let reader: ByteReader
    private var offset: Int
    /// Bytes left in the current sub-block.
    private var left = 0
    private var bits = 0
    private var bitCount = 0
    private let literals: Int
    private let firstSize: Int
    /// The colour indexes in use: each occurs as a code of its own before it is part of a longer one.
    private(set) var indexes = [Bool](repeating: false, count: 256)
    private static let mostCodes = 4096

    /// - Parameter offset: the offset of the LZW minimum code size.
    init(_ reader: ByteReader, at offset: Int) {
        self.reader = reader
        self.offset = offset + 1
        let size = min(11, max(1, Int(reader.byte(at: offset) ?? 2)))
        literals = 1 << size
        firstSize = size + 1
    }

    /// Stops counting at `wanted` pixels.
    mutating func pixels(atLeast wanted: Int) -> Int {
        var lengths = [Int](repeating: 1, count: Self.mostCodes)
        var size = firstSize
        var next = literals + 2
        var previous: Int?
        var pixels = 0
        while pixels < wanted, let code = code(size), code != literals + 1 {
            if code == literals {
                (size, next, previous) = (firstSize, literals + 2, nil)
                continue
            }
            if code < min(literals, 256) { indexes[code] = true }
            guard let before = previous else {
                pixels += 1
                previous = code
                continue
            }
            guard code <= next else { break }
            if next < Self.mostCodes {
                lengths[next] = lengths[before] + 1
                next += 1
                if next == 1 << size, size < 12 { size += 1 }
            }
            guard code < Self.mostCodes else { break }
            pixels += lengths[code]
            previous = code
        }
        return pixels
    }

    private mutating func code(_ size: Int) -> Int? {
        while bitCount < size {
            guard let byte = byte() else { return nil }
            bits |= Int(byte) << bitCount
            bitCount += 8
        }
        defer {
            bits >>= size
            bitCount -= size
        }
        return bits & (1 << size - 1)
    }

    private mutating func byte() -> UInt8? {
        if left == 0 {
            guard let length = reader.byte(at: offset), length > 0 else { return nil }
            left = Int(length)
            offset += 1
        }
        guard let byte = reader.byte(at: offset) else { return nil }
        left -= 1
        offset += 1
        return byte
    }
}
