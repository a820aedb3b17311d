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
    /// Whether a code was found that stands for nothing yet.
    private(set) var isInvalid = false
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
            let known = previous == nil ? literals : min(next + 1, Self.mostCodes)
            guard code < known else {
                isInvalid = true
                break
            }
            if code < min(literals, 256) { indexes[code] = true }
            if let previous, next < Self.mostCodes {
                lengths[next] = lengths[previous] + 1
                next += 1
                if next == 1 << size, size < 12 { size += 1 }
            }
            pixels += lengths[code]
            previous = code
        }
        return pixels
    }

    /// The data of a frame of `count` pixels of index 0, with its minimum code size.
    static func zeros(_ count: Int) -> [UInt8] {
        let (clear, end, first) = (4, 5, 6)
        var codes = CodeWriter()
        var left = count
        var size = 3
        while left > 0 {
            codes.put(clear, size)
            size = 3
            codes.put(0, size)
            left -= 1
            var next = first
            // Each code may stand for one pixel more than the one before.
            while left > 0, next < mostCodes {
                let run = min(left, next - first + 2)
                codes.put(run == 1 ? 0 : first + run - 2, size)
                left -= run
                next += 1
                if next == 1 << size, size < 12 { size += 1 }
            }
        }
        codes.put(end, size)
        return [2] + codes.blocks
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

/// Packs codes into the sub-blocks of a frame.
private struct CodeWriter {
    private var bytes: [UInt8] = []
    private var bits = 0
    private var bitCount = 0

    mutating func put(_ code: Int, _ size: Int) {
        bits |= code << bitCount
        bitCount += size
        while bitCount >= 8 {
            bytes.append(UInt8(bits & 255))
            bits >>= 8
            bitCount -= 8
        }
    }

    var blocks: [UInt8] {
        let all = bitCount > 0 ? bytes + [UInt8(bits & 255)] : bytes
        let blocks = stride(from: 0, to: all.count, by: 255).map { all[$0..<min($0 + 255, all.count)] }
        return blocks.flatMap { [UInt8($0.count)] + $0 } + [0]
    }
}
