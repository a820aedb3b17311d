import PixelFlowCore

typealias PixelSize = (width: Int, height: Int)

/// The implementation of an operation: how it changes the pixels, and what the planning must know in advance.
///
/// The defaults suit a step that keeps the size, computes strip by strip and may add colour.
protocol OperationStep {
    /// - Throws: `OutputError`, or `VipsError` if libvips fails.
    func apply(to frames: inout Frames, marks: OverlaySet) throws

    /// The size after the step, as far as it is predictable; `trim` may reduce it.
    func size(after size: PixelSize) -> PixelSize

    /// Whether the result may be smaller than `size(after:)`.
    var mayShrinkFurther: Bool { get }

    /// The largest picture during the step, checked against the pixel limit before it is created.
    func peak(from size: PixelSize) -> PixelSize

    /// What the step keeps in memory as a whole.
    ///
    /// - Parameter isComputed: whether the picture is in memory before the step, not only a description of how to compute it.
    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory

    /// How much detail of the source the step needs.
    func detail(at size: PixelSize) -> SourceDetail

    /// Whether the result may have an alpha channel that the picture did not have.
    var addsAlpha: Bool { get }

    /// Whether a picture of one band of colour still has one after it.
    var keepsGrey: Bool { get }
}

/// What a step keeps in memory as a whole instead of computing it strip by strip.
enum StepMemory {
    case none
    /// The picture, computed. What earlier steps of the output kept is freed after that.
    case picture(PixelSize)
    /// Pixels of this size in addition to what earlier steps kept.
    case layer(PixelSize)
    /// A byte for each pixel, for all frames, in addition to what earlier steps kept; while it is made, twice.
    case mask(PixelSize)
}

/// How much detail a step requires from the decoder, which may shrink the source before the first step.
enum SourceDetail {
    /// Every pixel: the parameters of the step are in source pixels.
    case full
    /// Works at any scale; a later step decides.
    case any
    /// The step itself shrinks the picture by this factor.
    case reduced(by: Double)
}

extension OperationStep {
    func size(after size: PixelSize) -> PixelSize { size }

    func peak(from size: PixelSize) -> PixelSize {
        let result = self.size(after: size)
        return result.width * result.height > size.width * size.height ? result : size
    }

    var mayShrinkFurther: Bool { false }
    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory { .none }
    func detail(at size: PixelSize) -> SourceDetail { .full }
    var addsAlpha: Bool { false }
    var keepsGrey: Bool { false }
}

extension ImageOperation {
    /// Every operation has a step; a test checks all of them.
    var step: any OperationStep { parameters as? any OperationStep ?? MissingStep() }
}

private struct MissingStep: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        throw OutputError(code: "output_failed", message: "The operation is not supported.")
    }
}
