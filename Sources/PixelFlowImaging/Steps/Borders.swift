import PixelFlowCore

extension ImageOperation.Pad: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        let (width, height) = size(after: (frames.width, frames.height))
        try frames.map { try $0.embedded(left: left, top: top, width: width, height: height, background: background) }
    }

    func size(after size: PixelSize) -> PixelSize { (size.width + left + right, size.height + top + bottom) }
    var addsAlpha: Bool { background.alpha < 255 }
    var keepsGrey: Bool { true }
}

/// Removes edge rows and columns that show only the colour of the top left corner, the same ones in all
/// frames. An image of one colour, or with an edge of fewer than three pixels, stays unchanged.
extension ImageOperation.Trim: OperationStep {
    var mayShrinkFurther: Bool { true }

    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        guard frames.first.width >= Self.smallestEdge, frames.first.height >= Self.smallestEdge else { return }
        try frames.mapInPlace { try ($0.isBytes ? $0 : $0.applying("cast", ["format": .uchar])).inMemory() }
        guard let box = try ContentBox(frames, threshold: threshold) else { return }
        try frames.map { try $0.cut(left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top) }
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory { isComputed ? .none : .picture(size) }
    var keepsGrey: Bool { true }

    private static let smallestEdge = 3
}

/// The rectangle outside which every pixel of every frame is border.
struct ContentBox: Equatable {
    var left: Int
    var top: Int
    /// The first column after it.
    var right: Int
    /// The first row after it.
    var bottom: Int

    /// Nil if all pixels are border.
    init?(_ frames: Frames, threshold: Double) throws {
        let width = frames.first.width
        let height = frames.first.height
        (left, top, right, bottom) = (width, height, 0, 0)
        let border = try frames.first.withPixels { BorderColor($0, frames.first, threshold: threshold) }
        for image in frames.images {
            try image.withPixels { pixels in
                let rows = PixelRows(pixels: pixels, width: width, bands: image.bands, border: border)
                extend(over: rows, height: height)
            }
        }
        guard left < right, top < bottom else { return nil }
    }

    private mutating func extend(over rows: PixelRows, height: Int) {
        guard let first = (0..<height).first(where: { rows.firstContent(in: $0, before: rows.width) != nil }) else { return }
        let last = (first..<height).last { rows.firstContent(in: $0, before: rows.width) != nil } ?? first
        top = min(top, first)
        bottom = max(bottom, last + 1)
        for row in first...last {
            left = rows.firstContent(in: row, before: left) ?? left
            right = rows.endOfContent(in: row, behind: right) ?? right
        }
    }
}

/// 8-bit pixels, classified as border or content.
private struct PixelRows {
    let pixels: UnsafeRawBufferPointer
    let width: Int
    let bands: Int
    let border: BorderColor

    /// The first content column of a row, if it is before `limit`.
    func firstContent(in row: Int, before limit: Int) -> Int? {
        let start = row * width * bands
        for column in 0..<limit where border.differs(pixels, start + column * bands) { return column }
        return nil
    }

    /// The column after the last content of a row, if it is beyond `limit`.
    func endOfContent(in row: Int, behind limit: Int) -> Int? {
        let start = row * width * bands
        for column in (limit..<width).reversed() where border.differs(pixels, start + column * bands) { return column + 1 }
        return nil
    }
}

/// The colour of the top left corner. With transparency, channels are compared after multiplication by alpha, so that all
/// invisible pixels are equal.
private struct BorderColor {
    private let colours: Int
    private let hasAlpha: Bool
    private let reference: (Int, Int, Int)
    private let alpha: Int
    private let alphaThreshold: Int
    private let threshold: Int

    init(_ pixels: UnsafeRawBufferPointer, _ image: Image, threshold: Double) {
        let hasAlpha = image.hasAlpha
        let colours = hasAlpha ? image.bands - 1 : image.bands
        let alpha = hasAlpha ? Int(pixels[colours]) : 255
        func seen(_ band: Int) -> Int { band < colours ? Int(pixels[band]) * alpha : 0 }
        self.hasAlpha = hasAlpha
        self.colours = colours
        self.alpha = alpha
        reference = (seen(0), seen(1), seen(2))
        alphaThreshold = Int(threshold)
        self.threshold = Int(threshold * 255)
    }

    /// Whether the colours or the transparency of the pixel at `offset` differ by more than the threshold.
    func differs(_ pixels: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        let seen = hasAlpha ? Int(pixels[offset + colours]) : 255
        if abs(seen - alpha) > alphaThreshold { return true }
        if abs(Int(pixels[offset]) * seen - reference.0) > threshold { return true }
        guard colours >= 3 else { return false }
        return abs(Int(pixels[offset + 1]) * seen - reference.1) > threshold
            || abs(Int(pixels[offset + 2]) * seen - reference.2) > threshold
    }
}
