/// A transformation that a HEIF file declares as a property of its picture (ISO/IEC 23008-12, section 6.5).
enum ISOTransform: Equatable {
    /// Anticlockwise, in quarter turns, 0 to 3.
    case rotation(Int)
    /// Whether left and right are exchanged, otherwise top and bottom.
    case mirroring(isHorizontal: Bool)
    /// The clean aperture: its size, and the offset of its centre from that of the picture, in pixels.
    case crop(width: Double, height: Double, x: Double, y: Double)

    /// - Parameter box: the content of the property.
    init?(_ box: Range<Int>, _ reader: ByteReader) {
        let type = box.lowerBound - 4
        if reader.has("irot", at: type), let angle = reader.byte(at: box.lowerBound) {
            self = .rotation(Int(angle & 3))
        } else if reader.has("imir", at: type), let axis = reader.byte(at: box.lowerBound) {
            self = .mirroring(isHorizontal: axis & 1 == 1)
        } else if reader.has("clap", at: type) {
            let numbers = (0..<8).compactMap { reader.number(at: box.lowerBound + $0 * 4, width: 4) }
            guard numbers.count == 8 else { return nil }
            let values = (0..<4).compactMap { index -> Double? in
                let (above, below) = (numbers[index * 2], numbers[index * 2 + 1])
                // The offsets are signed.
                return below == 0 ? nil : Double(index < 2 ? above : Int(Int32(truncatingIfNeeded: above))) / Double(below)
            }
            guard values.count == 4 else { return nil }
            self = .crop(width: values[0], height: values[1], x: values[2], y: values[3])
        } else {
            return nil
        }
    }

    func size(after size: PixelSize) -> PixelSize {
        switch self {
        case .rotation(let turns): turns % 2 == 1 ? (size.height, size.width) : size
        case .mirroring: size
        case .crop: { ($0.width, $0.height) }(area(of: size))
        }
    }

    /// The part of a picture that the clean aperture shows, at least one pixel; the whole for the others.
    func area(of size: PixelSize) -> (left: Int, top: Int, width: Int, height: Int) {
        guard case .crop(let width, let height, let x, let y) = self else { return (0, 0, size.width, size.height) }
        func range(_ length: Int, _ part: Double, _ offset: Double) -> (start: Int, length: Int) {
            let length = Double(length)
            // Whatever the file declares, an integer can represent the result.
            let start = min(max(0, (offset + (length - part) / 2).rounded(.down)), length - 1)
            return (Int(start), Int(min(max(1, part.rounded()), length - start)))
        }
        let (horizontal, vertical) = (range(size.width, width, x), range(size.height, height, y))
        return (horizontal.start, vertical.start, horizontal.length, vertical.length)
    }
}

/// The transformations of a picture whose alpha is an item of its own without them.
///
/// Alpha has the coordinates of the picture before its transformations. libheif transforms only the picture, and then combines the two
/// wrongly, or drops alpha. So the decoder gets a copy of the file without the transformations, and the result is transformed.
struct ISOTransforms {
    let steps: [ISOTransform]
    /// The bytes of the file that associate the properties with the picture.
    let associations: [Range<Int>]

    func size(after size: PixelSize) -> PixelSize { steps.reduce(size) { $1.size(after: $0) } }
}
