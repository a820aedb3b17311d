import PixelFlowCore

enum ResizeStep {
    static func apply(_ resize: ImageOperation.Resize, to frames: inout Frames) throws {
        let plan = ResizePlan(resize, width: frames.width, height: frames.height)
        try frames.map { try scaled($0, width: plan.scaledWidth, height: plan.scaledHeight) }
        switch resize.fit {
        case .cover:
            try CropStep.cut(&frames, width: plan.width, height: plan.height, resize.position)
        case .contain where plan.width != plan.scaledWidth || plan.height != plan.scaledHeight:
            let anchor = resize.position.anchor ?? (0.5, 0.5)
            let left = Int(Double(plan.width - plan.scaledWidth) * anchor.x)
            let top = Int(Double(plan.height - plan.scaledHeight) * anchor.y)
            try frames.map {
                try $0.embedded(left: left, top: top, width: plan.width, height: plan.height, background: resize.background)
            }
        case .contain, .fill, .inside, .outside: break
        }
    }

    /// Lanczos of three lobes; larger factors first by a box, both in as few passes as libvips can.
    static func scaled(_ image: Image, width: Int, height: Int) throws -> Image {
        guard width != image.width || height != image.height else { return image }
        let scale = VipsArgument.number(Double(width) / Double(image.width))
        let verticalScale = VipsArgument.number(Double(height) / Double(image.height))
        return try image.premultiplied { premultiplied in
            try VipsLibrary.withVectors(image.width * image.height > smallPixels) {
                try premultiplied.applying("resize", ["scale": scale, "vscale": verticalScale])
            }
        }
    }

    /// Below this the vector code takes longer to compile (0.3 ms) than it saves.
    private static let smallPixels = 256 * 256
}
