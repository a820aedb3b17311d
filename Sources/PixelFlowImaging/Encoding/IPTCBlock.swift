/// IPTC records: stored directly in TIFF, and within Photoshop resources in JPEG.
enum IPTCBlock {
    /// The records in a block from a decoder. All other Photoshop resources are dropped, because they include previews of the
    /// unedited picture.
    static func records(in block: UnsafeRawBufferPointer) -> [UInt8]? {
        let reader = ByteReader(block)
        if block.first == recordMarker { return Array(block) }
        var offset = reader.has(signature, at: 0) ? signature.utf8CodeUnitCount : 0
        while reader.has("8BIM", at: offset) {
            guard let identifier = try? reader.bigEndian(at: offset + 4, 2), let name = try? reader.bigEndian(at: offset + 6, 1) else {
                return nil
            }
            // The size of the name includes its length byte and is padded to an even number. So is the data.
            let size = offset + 6 + (name + 2) & ~1
            guard let length = try? reader.bigEndian(at: size, 4) else { return nil }
            if identifier == iptcResource { return (try? reader.slice(at: size + 4, length)).map(Array.init) }
            offset = size + 4 + (length + 1) & ~1
        }
        return nil
    }

    /// The block that stores these records in a JPEG.
    static func forJPEG(_ records: [UInt8]) -> [UInt8] {
        let padding: [UInt8] = records.count % 2 == 0 ? [] : [0]
        let head = signature.withUTF8Buffer { Array($0) } + Array("8BIM".utf8) + UInt16(iptcResource).bigEndianBytes + [0, 0]
        return head + UInt32(clamping: records.count).bigEndianBytes + records + padding
    }

    private static let signature: StaticString = "Photoshop 3.0\0"
    private static let iptcResource = 0x0404
    private static let recordMarker: UInt8 = 0x1c
}
