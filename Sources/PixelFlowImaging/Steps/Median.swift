import PixelFlowCore

extension ImageOperation.Median: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        // The square must fit into the picture.
        let edge = min(size, frames.first.width, frames.first.height)
        try frames.compute { image in
            try image.premultiplied {
                try $0.applying("rank", ["width": .integer(edge), "height": .integer(edge), "index": .integer(edge * edge / 2)])
            }
        }
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory { .picture(size) }
    var keepsGrey: Bool { true }
}
