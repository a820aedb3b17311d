/// For files that PixelFlow has written, whose structure must be valid.
extension ByteReader {
    /// - Throws: `MalformedFileError` if the file is too short.
    func slice(at offset: Int, _ length: Int) throws -> UnsafeRawBufferPointer {
        guard let slice = slice(at: offset, count: length) else { throw MalformedFileError() }
        return slice
    }

    /// An unsigned number of 0 to 8 bytes; 0 for no bytes.
    func bigEndian(at offset: Int, _ length: Int) throws -> Int { try number(try slice(at: offset, length)) }

    func littleEndian(at offset: Int, _ length: Int) throws -> Int { try number(try slice(at: offset, length).reversed()) }

    private func number(_ bytes: some Sequence<UInt8>) throws -> Int {
        let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw MalformedFileError() }
        return number
    }
}

/// A file that violates its format.
struct MalformedFileError: Error {}

extension FixedWidthInteger {
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
