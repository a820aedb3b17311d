import CVips
import PixelFlowCore

extension ImageOperation.Resize: OperationStep {
    func apply(to frames: inout Frames, marks: OverlaySet) throws {
        let plan = ResizePlan(self, width: frames.width, height: frames.height)
        try frames.map { try $0.scaled(width: plan.scaledWidth, height: plan.scaledHeight) }
        switch fit {
        case .cover:
            try frames.cut(width: plan.width, height: plan.height, position)
        case .contain where plan.width != plan.scaledWidth || plan.height != plan.scaledHeight:
            let anchor = position.anchor ?? (0.5, 0.5)
            let left = Int(Double(plan.width - plan.scaledWidth) * anchor.x)
            let top = Int(Double(plan.height - plan.scaledHeight) * anchor.y)
            try frames.map {
                try $0.embedded(left: left, top: top, width: plan.width, height: plan.height, background: background)
            }
        case .contain, .fill, .inside, .outside: break
        }
    }

    func size(after size: PixelSize) -> PixelSize {
        let plan = ResizePlan(self, width: size.width, height: size.height)
        return (plan.width, plan.height)
    }

    func peak(from size: PixelSize) -> PixelSize {
        let plan = ResizePlan(self, width: size.width, height: size.height)
        return (max(plan.width, plan.scaledWidth), max(plan.height, plan.scaledHeight))
    }

    func memory(at size: PixelSize, isComputed: Bool) -> StepMemory {
        guard fit == .cover, position.isSearched else { return .none }
        let plan = ResizePlan(self, width: size.width, height: size.height)
        return .picture((plan.scaledWidth, plan.scaledHeight))
    }

    func detail(at size: PixelSize) -> SourceDetail {
        let plan = ResizePlan(self, width: size.width, height: size.height)
        return .reduced(by: min(Double(size.width) / Double(plan.scaledWidth), Double(size.height) / Double(plan.scaledHeight)))
    }

    var addsAlpha: Bool { fit == .contain && background.alpha < 255 }
    var keepsGrey: Bool { true }
}

extension Image {
    /// Reduces with a Lanczos kernel of three lobes, after a box filter for large factors, in as few passes as libvips can, and
    /// enlarges with cubic interpolation.
    func scaled(width: Int, height: Int) throws -> Image {
        guard width != self.width || height != self.height else { return self }
        return try premultiplied { premultiplied in
            try VipsLibrary.withVectors(self.width * self.height > Self.smallPixels) {
                try premultiplied.reduced(width: min(width, self.width), height: min(height, self.height))
                    .enlarged(width: width, height: height)
            }
        }
    }

    private func reduced(width: Int, height: Int) throws -> Image {
        guard width < self.width || height < self.height else { return self }
        let scale = VipsArgument.number(Double(width) / Double(self.width))
        let verticalScale = VipsArgument.number(Double(height) / Double(self.height))
        return try applying("resize", ["scale": scale, "vscale": verticalScale])
    }

    /// Not with `resize` of libvips, which moves an enlarged picture by half a pixel.
    private func enlarged(width: Int, height: Int) throws -> Image {
        guard width > self.width || height > self.height else { return self }
        let (scale, verticalScale) = (Double(width) / Double(self.width), Double(height) / Double(self.height))
        return try applying(
            "affine",
            [
                "matrix": .numbers([scale, 0, 0, verticalScale]), "interpolate": .interpolation("bicubic"),
                // The centre of the first pixel of the picture is at the centre of what it becomes.
                "odx": .number((scale - 1) / 2), "ody": .number((verticalScale - 1) / 2),
                "oarea": .integers([0, 0, width, height]), "extend": .integer(Int(VIPS_EXTEND_COPY.rawValue)), "premultiplied": .flag(true),
            ])
    }

    /// For smaller pictures, the vector code takes longer to compile (0.3 ms) than it saves.
    private static let smallPixels = 256 * 256
}
