import Glibc

/// Reads numbers from untrusted bytes. Returns nil for positions outside them.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    var isLittleEndian = false

    init(_ bytes: UnsafeRawBufferPointer, isLittleEndian: Bool = false) {
        self.bytes = bytes
        self.isLittleEndian = isLittleEndian
    }

    var count: Int { bytes.count }

    /// An unsigned number of `width` bytes, 1 to 8; nil also if it exceeds `Int.max`.
    func number(at offset: Int, width: Int) -> Int? {
        guard let slice = slice(at: offset, count: width) else { return nil }
        var value: UInt64 = 0
        for index in 0..<width { value = value << 8 | UInt64(slice[isLittleEndian ? width - 1 - index : index]) }
        return Int(exactly: value)
    }

    func byte(at offset: Int) -> UInt8? { offset >= 0 && offset < count ? bytes[offset] : nil }

    func slice(at offset: Int, count length: Int) -> UnsafeRawBufferPointer? {
        guard contains(offset, length) else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
    }

    /// Whether `length` bytes starting at `offset` exist.
    func contains(_ offset: Int, _ length: Int) -> Bool {
        offset >= 0 && length >= 0 && offset <= count && length <= count - offset
    }

    func has(_ signature: [UInt8], at offset: Int = 0) -> Bool {
        slice(at: offset, count: signature.count)?.elementsEqual(signature) ?? false
    }

    func has(_ signature: StaticString, at offset: Int = 0) -> Bool {
        signature.withUTF8Buffer { slice(at: offset, count: $0.count)?.elementsEqual($0) ?? false }
    }

    /// The next position of `byte` at or after `offset`.
    func next(_ byte: UInt8, from offset: Int) -> Int? {
        guard offset >= 0, offset < count, let base = bytes.baseAddress else { return nil }
        guard let found = memchr(base + offset, Int32(byte), count - offset) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
