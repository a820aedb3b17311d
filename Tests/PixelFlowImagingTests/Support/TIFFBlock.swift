/// Writes TIFF directories, for TIFF files and EXIF blocks.
struct TIFFBlock {
    indirect enum Value {
        case text(String)
        case bytes([UInt8])
        case undefined([UInt8])
        case short(UInt16)
        case shorts([UInt16])
        case long(Int)
        /// The offset of these bytes.
        case offset([UInt8])
        case directory([UInt16: Value])
    }

    private var bytes = Array("II*\0".utf8) + [0, 0, 0, 0]

    static func written(_ directory: [UInt16: Value], next: [UInt16: Value]? = nil) -> [UInt8] {
        var block = TIFFBlock()
        let following = next.map { block.write($0, next: 0) } ?? 0
        let start = block.write(directory, next: following)
        block.bytes.replaceSubrange(4..<8, with: little(UInt32(start)))
        return block.bytes
    }

    private mutating func write(_ directory: [UInt16: Value], next: Int) -> Int {
        var entries: [UInt8] = []
        for (tag, value) in directory.sorted(by: { $0.key < $1.key }) { entries += TIFFBlock.little(tag) + entry(value) }
        let start = append(TIFFBlock.little(UInt16(directory.count)) + entries + TIFFBlock.little(UInt32(next)))
        return start
    }

    private mutating func entry(_ value: Value) -> [UInt8] {
        switch value {
        case .text(let text): return field(2, text.utf8.count + 1, Array(text.utf8) + [0])
        case .bytes(let content): return field(1, content.count, content)
        case .undefined(let content): return field(7, content.count, content)
        case .short(let number): return field(3, 1, TIFFBlock.little(number))
        case .shorts(let numbers): return field(3, numbers.count, numbers.flatMap(TIFFBlock.little))
        case .long(let number): return field(4, 1, TIFFBlock.little(UInt32(number)))
        case .offset(let content): return field(4, 1, TIFFBlock.little(UInt32(append(content))))
        case .directory(let inner): return field(4, 1, TIFFBlock.little(UInt32(write(inner, next: 0))))
        }
    }

    private mutating func field(_ type: UInt16, _ count: Int, _ content: [UInt8]) -> [UInt8] {
        let head = TIFFBlock.little(type) + TIFFBlock.little(UInt32(count))
        if content.count > 4 { return head + TIFFBlock.little(UInt32(append(content))) }
        return head + content + [UInt8](repeating: 0, count: 4 - content.count)
    }

    private mutating func append(_ content: [UInt8]) -> Int {
        if bytes.count % 2 == 1 { bytes.append(0) }
        defer { bytes += content }
        return bytes.count
    }

    private static func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
