import PixelFlowCore

extension ImageOperation.Median: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        // The square must fit into the picture.
        let edge = min(size, frames.first.width, frames.first.height)
        try frames.map { image in
            try image.premultiplied {
                try $0.applying("rank", ["width": .integer(edge), "height": .integer(edge), "index": .integer(edge * edge / 2)])
            }
        }
    }

    var keepsGrey: Bool { true }
}
