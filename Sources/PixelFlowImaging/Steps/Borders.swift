import PixelFlowCore

/// The steps that add to or take from the edges.
enum BorderStep {
    static func pad(_ pad: ImageOperation.Pad, _ frames: inout Frames) throws {
        let width = frames.width + pad.left + pad.right
        let height = frames.height + pad.top + pad.bottom
        try frames.map {
            try $0.embedded(left: pad.left, top: pad.top, width: width, height: height, background: pad.background)
        }
    }

    /// Judges by the first frame and cuts every frame alike. A picture of one colour stays as it is.
    static func trim(_ trim: ImageOperation.Trim, _ frames: inout Frames) throws {
        try frames.mapInPlace { try $0.inMemory() }
        let first = frames.first
        let corner = try first.cut(left: 0, top: 0, width: 1, height: 1).inMemory().withPixels { $0.map(Double.init) }
        let arguments: VipsArguments = [
            "threshold": .number(trim.threshold), "background": .numbers(first.hasAlpha ? Array(corner.dropLast()) : corner),
        ]
        let found = try VipsCall.run("find_trim", on: first, arguments) { call in
            (left: call.integer("left"), top: call.integer("top"), width: call.integer("width"), height: call.integer("height"))
        }
        guard found.width > 0, found.height > 0 else { return }
        try frames.map { try $0.cut(left: found.left, top: found.top, width: found.width, height: found.height) }
    }
}
