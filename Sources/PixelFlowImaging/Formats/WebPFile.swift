/// The chunks of a WebP file (RFC 9649 section 2).
enum WebPFile {
    static func structure(of bytes: UnsafeRawBufferPointer) -> FileStructure {
        var reader = ByteReader(bytes)
        reader.isLittleEndian = true
        guard let length = reader.number(at: 4, width: 4), reader.contains(8, length) else { return .cutOff }
        var offset = 12
        while offset + 8 <= length + 8 {
            guard let size = reader.number(at: offset + 4, width: 4) else { return .cutOff }
            guard reader.contains(offset + 8, size) else { return .cutOff }
            offset += 8 + size + size % 2
        }
        return .complete
    }

    /// Whether only the padding byte of the last chunk is missing, which some encoders omit.
    static func lacksPadding(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let reader = ByteReader(bytes, isLittleEndian: true)
        guard reader.number(at: 4, width: 4) == bytes.count - 8 + 1 else { return false }
        var offset = 12
        while let size = reader.number(at: offset + 4, width: 4), reader.contains(offset + 8, size) {
            offset += 8 + size + size % 2
        }
        // The last chunk is complete and has an odd size.
        return offset == bytes.count + 1
    }
}
