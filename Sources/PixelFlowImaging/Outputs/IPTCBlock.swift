/// IPTC records, which TIFF holds bare and JPEG among the resources of Photoshop.
enum IPTCBlock {
    /// The records in a block as a decoder found it; of Photoshop's resources no other is taken, for they hold
    /// previews of the picture as it was.
    static func records(in block: UnsafeRawBufferPointer) -> [UInt8]? {
        let reader = ByteReader(block)
        if block.first == recordMarker { return Array(block) }
        var offset = reader.has(signature, at: 0) ? signature.utf8CodeUnitCount : 0
        while reader.has("8BIM", at: offset) {
            guard let identifier = try? reader.bigEndian(at: offset + 4, 2), let name = try? reader.bigEndian(at: offset + 6, 1) else {
                return nil
            }
            // The name counts its length byte and is padded to an even number, as the bytes behind it are.
            let size = offset + 6 + (name + 2) & ~1
            guard let length = try? reader.bigEndian(at: size, 4) else { return nil }
            if identifier == iptcResource { return (try? reader.slice(at: size + 4, length)).map(Array.init) }
            offset = size + 4 + (length + 1) & ~1
        }
        return nil
    }

    /// The block that a JPEG holds for these records.
    static func forJPEG(_ records: [UInt8]) -> [UInt8] {
        let padding: [UInt8] = records.count % 2 == 0 ? [] : [0]
        let head = signature.withUTF8Buffer { Array($0) } + Array("8BIM".utf8) + UInt16(iptcResource).bigEndianBytes + [0, 0]
        return head + UInt32(clamping: records.count).bigEndianBytes + records + padding
    }

    private static let signature: StaticString = "Photoshop 3.0\0"
    private static let iptcResource = 0x0404
    private static let recordMarker: UInt8 = 0x1c
}
