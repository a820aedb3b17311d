/// The layout of the samples of a pixel.
extension TIFFDirectory {
    enum Photometric: Int {
        case whiteIsZero, blackIsZero, rgb, palette, mask, separated, yCbCr
        case cieLab = 8, iccLab, ituLab
        case colourFilter = 32803
        case logL = 32844, logLuv
        case linearRaw = 34892
    }

    enum Extra: Int { case unspecified, associatedAlpha, unassociatedAlpha }

    var photometric: Photometric? { value(.photometric).flatMap(Photometric.init) }

    /// Samples per pixel: the colours first, then extra samples.
    var samples: Int { value(.samples) ?? 1 }

    /// How many samples of a pixel are colours.
    var colourSamples: Int {
        switch photometric {
        case .rgb, .yCbCr, .cieLab, .iccLab, .logLuv: 3
        case .separated: 4
        default: 1
        }
    }

    /// The extra sample that the file declares as alpha, counted from the first extra one.
    ///
    /// If it declares several, the one by which libvips divides the colours.
    var alpha: (index: Int, isAssociated: Bool)? {
        let extras = values(.extraSamples).prefix(max(0, samples - colourSamples))
        if let index = extras.lastIndex(of: Extra.associatedAlpha.rawValue) { return (index, true) }
        return extras.firstIndex(of: Extra.unassociatedAlpha.rawValue).map { ($0, false) }
    }

    /// The variant of TIFF in the plural, for a message, if it is not supported.
    ///
    /// libvips opens some of these and returns black, invisible or wrong pixels.
    var unsupported: String? {
        unsupportedKind ?? unsupportedDepth ?? unsupportedPlanes ?? unsupportedAlpha
    }

    /// Whether a pixel has fewer samples than its colour space needs; libvips treats such a file as grey.
    var lacksColours: Bool { [.rgb, .yCbCr, .cieLab, .iccLab, .logLuv].contains(photometric) && samples < colourSamples }

    /// Whether the file is grey with additional planes, none of them alpha.
    var hasPlanesOfGrey: Bool { arePlanesMisread && isGrey && alpha == nil }

    /// Whether zero means white in samples that libvips does not invert.
    var isInverted: Bool { photometric == .whiteIsZero && values(.sampleFormat).first == 3 }

    /// Whether the entry about the format of the samples says only what L*a*b* always means: a* and b* are signed.
    private var hasNeedlessFormats: Bool {
        photometric == .cieLab && [8, 16].contains(values(.bits).first) && values(.sampleFormat).contains { $0 != 1 }
            && values(.sampleFormat).allSatisfy { [1, 2, 4].contains($0) }
    }

    /// The white point that L*a*b* is relative to, as X, Y and Z; nil for other colours.
    var labWhite: [Double]? {
        guard photometric == .cieLab || photometric == .iccLab else { return nil }
        let point = ratios(.whitePoint, count: 2)
        // ICC L*a*b* is always relative to D50; for CIE L*a*b*, Adobe's technical notes make D50 the default.
        guard photometric == .cieLab, point.count == 2, Self.whites.contains(point[0]), Self.whites.contains(point[1]) else {
            return SignalProfile.d50
        }
        return [point[0] / point[1], 1, (1 - point[0] - point[1]) / point[1]]
    }

    /// The chromaticities of light that anyone would call white.
    private static let whites = 0.25...0.46

    /// Whether a* and b* are stored with an offset instead of a sign, as in ICC profiles.
    var isLabOffset: Bool { photometric == .iccLab }

    /// Whether the samples are floating point numbers of 16 bits in a file that libvips reads if they are declared as integers.
    var isHalf: Bool {
        guard values(.bits).first == 16, values(.sampleFormat).first == 3, value(.predictor) ?? 1 < 3 else { return false }
        return [.whiteIsZero, .blackIsZero, .rgb, .separated].contains(photometric)
    }

    /// Whether libvips misreads the file unless a copy of it is changed.
    var needsChanges: Bool { hasPlanesOfGrey || hasNeedlessFormats || isLabOffset || isHalf }

    /// Changes a copy of the file so that libvips reads its samples as they are.
    func change(_ file: UnsafeMutableRawBufferPointer) {
        // libvips misreads several planes of grey: it reads the lines of one plane as those of all planes.
        if hasPlanesOfGrey {
            set(.samples, to: 1, in: file)
            set(.planes, to: 1, in: file)
            // A single sample must not have extra samples.
            hide(.extraSamples, in: file)
        }
        // libtiff rejects formats that differ from sample to sample.
        if hasNeedlessFormats || isHalf { hide(.sampleFormat, in: file) }
        // libvips would invert the integers.
        if isHalf, isInverted { set(.photometric, to: Photometric.blackIsZero.rawValue, in: file) }
        // libvips knows no L*a*b* with an offset.
        if isLabOffset { set(.photometric, to: Photometric.rgb.rawValue, in: file) }
    }

    private var isGrey: Bool { photometric == .whiteIsZero || photometric == .blackIsZero }

    private var arePlanesMisread: Bool {
        value(.planes) == 2 && samples > 1 && (isGrey || [.palette, .cieLab, .logLuv].contains(photometric))
    }

    private var unsupportedPlanes: String? {
        if hasPlanesOfGrey { return nil }
        if value(.planes) == 2, samples > 1, has(.tileOffsets) { return "TIFF files of tiles in separate planes" }
        return arePlanesMisread ? "TIFF files of this kind with separate planes" : nil
    }

    /// libvips takes tiles of up to 10,000 pixels an edge and 100 MB.
    private var unsupportedTiles: String? {
        guard has(.tileOffsets), let width = value(.tileWidth), let height = value(.tileHeight) else { return nil }
        let bits = value(.bits) ?? 1
        // The file may declare any of these, so that an integer might overflow.
        let isLarge =
            max(width, height) > 10_000 || [width, height, samples, bits].reduce(1, { $0 * Double($1) }) / 8 > 100_000_000
        return isLarge ? "TIFF files with tiles of \(width) x \(height) pixels" : nil
    }

    private var unsupportedKind: String? {
        let isPreview = (value(.subfileType) ?? 0) & 1 == 1 && has(.subdirectories)
        if has(.rawVersion) || isPreview { return "Camera raw files" }
        if let tiles = unsupportedTiles { return tiles }
        switch photometric {
        case .colourFilter, .linearRaw: return "Camera raw files"
        case .mask: return "TIFF transparency masks"
        case .ituLab: return "TIFF files in ITU L*a*b*"
        case .logL: return "TIFF files in LogL"
        case .yCbCr where value(.compression) == 6: return "TIFF files with the old JPEG compression"
        case .yCbCr where value(.compression) != 7: return "TIFF files in YCbCr without JPEG compression"
        case .yCbCr where value(.planes) == 2: return "TIFF files in YCbCr with separate planes"
        case .separated where (value(.inkSet) ?? 1) != 1 || samples < 4: return "TIFF files of inks other than CMYK"
        case nil: return value(.photometric).map { "TIFF files with photometric interpretation \($0)" }
        default: return nil
        }
    }

    private var unsupportedDepth: String? {
        // The specification's default is one bit.
        let depths = Set(values(.bits).isEmpty ? [1] : values(.bits))
        let formats = Set(values(.sampleFormat).isEmpty || hasNeedlessFormats ? [1] : values(.sampleFormat))
        guard let bits = depths.first, depths.count == 1 else { return "TIFF files with samples of different depths" }
        guard let format = formats.first, formats.count == 1 else { return "TIFF files with samples of different formats" }
        if photometric == .iccLab, format == 3 || bits > 16 { return "TIFF files in ICC L*a*b* with \(bits) bits a sample" }
        switch (format, bits) {
        // 4 means undefined data, which readers treat as unsigned integers.
        case (1, 8), (1, 16), (4, 8), (4, 16): return nil
        case (1, 32), (4, 32):
            return [.palette, .cieLab, .logLuv].contains(photometric) ? "TIFF files of this kind with 32 bits a sample" : nil
        case (1, 1), (1, 2), (1, 4), (4, 1), (4, 2), (4, 4):
            if photometric == .palette { return nil }
            return colourSamples == 1 && samples == 1 ? nil : "TIFF files of several samples with \(bits) bits each"
        case (1, _), (4, _): return "TIFF files with \(bits)-bit integer samples"
        case (2, _): return photometric == .logLuv ? nil : "TIFF files with signed integer samples"
        case (3, 16) where isHalf: return nil
        case (3, 32): return photometric == .palette ? "TIFF palettes with floating point samples" : nil
        case (3, 16) where value(.predictor) == 3: return "TIFF files with 16-bit floating point samples and a predictor"
        case (3, _): return "TIFF files with \(bits)-bit floating point samples"
        default: return "TIFF files with complex samples"
        }
    }

    /// libvips first divides by an associated alpha. It uses the wrong sample if a palette has been
    /// applied or if the last of four samples is not alpha, and clamps alpha at 255 unless the range is 8 bits or one of
    /// its own 16-bit formats.
    private var unsupportedAlpha: String? {
        guard let alpha, alpha.isAssociated else { return nil }
        let isWide = values(.bits).first == 32 && values(.sampleFormat).first != 3 || photometric == .separated && values(.bits).first != 8
        let isElsewhere = samples == 4 && colourSamples + alpha.index != 3
        guard isWide || isElsewhere || isInverted || isHalf || [.palette, .cieLab, .iccLab, .logLuv].contains(photometric) else {
            return nil
        }
        return "TIFF files of this kind with associated alpha"
    }
}
