import PixelFlowCore

typealias PixelSize = (width: Int, height: Int)

/// What rendering knows of an operation: how it changes the pixels, and what must be known of that beforehand.
///
/// The defaults are those of a step that leaves the size alone, computes strip by strip, and makes no promise.
protocol OperationStep {
    /// - Throws: `OutputError`, or `VipsError` where the library could not do it.
    func apply(to frames: inout Frames, marks: OverlaySet) throws

    /// The size after the step as far as it is known in advance; `trim` may reduce it.
    func size(after size: PixelSize) -> PixelSize

    /// The largest picture that there is during the step; checked against the limit of pixels before any of them exists.
    func peak(from size: PixelSize) -> PixelSize

    /// Bytes of the pictures that the step computes whole, where others compute strip by strip.
    func bytesHeld(at size: PixelSize) -> Int

    /// How much detail of the source the step needs.
    func detail(at size: PixelSize) -> SourceDetail

    /// Whether the result may have an alpha channel that the picture did not have.
    var addsAlpha: Bool { get }

    /// Whether a picture of one band of colour still has one after it.
    var keepsGrey: Bool { get }
}

/// What a step asks of the decoder, which may make the source smaller before the first step.
enum SourceDetail {
    /// Every pixel: the step counts in pixels of the source.
    case full
    /// Works on pixels of any size; a later step decides.
    case any
    /// The step itself makes the picture so many times smaller.
    case reduced(by: Double)
}

extension OperationStep {
    func size(after size: PixelSize) -> PixelSize { size }

    func peak(from size: PixelSize) -> PixelSize {
        let result = self.size(after: size)
        return result.width * result.height > size.width * size.height ? result : size
    }

    func bytesHeld(at size: PixelSize) -> Int { 0 }
    func detail(at size: PixelSize) -> SourceDetail { .full }
    var addsAlpha: Bool { false }
    var keepsGrey: Bool { false }
}

extension ImageOperation {
    /// Every operation of the vocabulary has its step; a test goes through all of them.
    var step: any OperationStep { parameters as? any OperationStep ?? MissingStep() }
}

private struct MissingStep: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        throw OutputError(code: "output_failed", message: "The operation is not supported.")
    }
}
