/// The chunks of a WebP file.
enum WebPOutput {
    /// The file without its EXIF chunk, and without the extended header if nothing else needs it.
    static func withoutEXIF(_ file: UnsafeRawBufferPointer) throws -> [UInt8] {
        let reader = ByteReader(file)
        var chunks: [UInt8] = []
        try forEachChunk(reader) { name, start, length in
            guard name != "EXIF" else { return }
            var chunk = Array(try reader.slice(at: start, length))
            if name == "VP8X" {
                // The flags declare which chunks follow.
                guard chunk.count > 8 else { throw MalformedFileError() }
                chunk[8] &= ~exifFlag
                if chunk[8] == 0 { return }
            }
            chunks += chunk
        }
        return Array("RIFF".utf8) + UInt32(clamping: chunks.count + 4).littleEndianBytes + Array("WEBP".utf8) + chunks
    }

    /// The animation with its alpha flag set. libwebp omits the flag if no frame has transparent pixels and transparency appears only
    /// where a frame is removed.
    static func markedTransparent(_ file: UnsafeRawBufferPointer) throws -> [UInt8] {
        var bytes = Array(file)
        // The first chunk is the extended header.
        guard ByteReader(file).has("VP8X", at: 12), bytes.count > 20 else { throw MalformedFileError() }
        bytes[20] |= alphaFlag
        return bytes
    }

    /// The number of frames in the file; 1 for a still.
    static func frameCount(_ file: UnsafeRawBufferPointer) throws -> Int {
        var count = 0
        try forEachChunk(ByteReader(file)) { name, _, _ in if name == "ANMF" { count += 1 } }
        return max(1, count)
    }

    private static func forEachChunk(_ reader: ByteReader, _ body: (_ name: String, _ start: Int, _ length: Int) throws -> Void) throws {
        guard reader.has("RIFF", at: 0), reader.has("WEBP", at: 8) else { throw MalformedFileError() }
        let end = min(reader.count, 8 + (try reader.littleEndian(at: 4, 4)))
        var offset = 12
        while offset < end {
            let name = String(decoding: try reader.slice(at: offset, 4), as: UTF8.self)
            let size = try reader.littleEndian(at: offset + 4, 4)
            // Chunks begin at even offsets.
            let length = 8 + size + size % 2
            try body(name, offset, length)
            offset += length
        }
    }

    private static let exifFlag: UInt8 = 0x08
    private static let alphaFlag: UInt8 = 0x10
}
