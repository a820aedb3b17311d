/// The segments of a JPEG file.
enum JPEGOutput {
    /// The file without its EXIF segments.
    static func withoutEXIF(_ file: UnsafeRawBufferPointer) throws -> [UInt8] {
        let reader = ByteReader(file)
        var kept = Array(try reader.slice(at: 0, 2))
        var offset = 2
        while true {
            let marker = try reader.bigEndian(at: offset, 2)
            guard marker != startOfScan else { return kept + file[offset...] }
            let length = 2 + (try reader.bigEndian(at: offset + 2, 2))
            let segment = try reader.slice(at: offset, length)
            if marker != app1 || !reader.has("Exif\0\0", at: offset + 4) { kept += segment }
            offset += length
        }
    }

    private static let app1 = 0xffe1
    private static let startOfScan = 0xffda
}
