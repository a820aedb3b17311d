import CVips
import PixelFlowCore

/// The metadata of a file. An output contains no metadata of its source except what is listed here.
enum Metadata {
    /// A copy of `image` with only the metadata that the encoder of `format` needs and that the options keep, because libvips writes
    /// all metadata of an image.
    static func limited(_ image: Image, _ format: ImageFormat, _ options: EncoderOptions) throws -> Image {
        var allowed = [ImageFormat.gif, .webp].contains(format) ? animation : []
        if options.colorProfile == .keep, hasFittingProfile(image, format) { allowed.insert(Colour.iccField) }
        if !options.strip { allowed.formUnion(kept) }
        // A pixel per millimetre means that there is none.
        let isNeutral = options.strip || image.resolution == (1, 1)
        let limited = try image.carrying(resolution: isNeutral ? neutralResolution : nil) { field in
            allowed.contains(field) || !options.strip && field.hasPrefix("exif-ifd") && !isOutdated(field)
        }
        if !options.strip {
            if let packet = xmpOfHEIF(image) { limited.set(xmp, packet) }
            correct(limited, format, options)
        }
        return limited
    }

    /// Whether the image has metadata that libvips must write.
    static func isCarried(by image: Image) -> Bool { [Colour.iccField, exif, xmp, iptc, description].contains(where: image.has) }

    /// Whether libvips adds an EXIF block of its own to a file of `format`: in JPEG and AVIF unless it strips, in WebP always.
    static func isEXIFInvented(for image: Image, _ format: ImageFormat, isStripped: Bool) -> Bool {
        !image.has(exif) && (format == .webp || !isStripped)
    }

    private static let exif = "exif-data"
    private static let xmp = "xmp-data"
    private static let iptc = "iptc-data"
    private static let description = "image-description"

    private static let animation: Set<String> = ["delay", "loop", "page-height"]
    /// The fields that are kept on request. They exclude the source's thumbnail, which may show the uncropped picture,
    /// the orientation, because the pixels are upright, and format-specific comments.
    private static let kept: Set<String> = [exif, xmp, iptc, description, "resolution-unit"]

    /// 72 pixels per inch, which readers assume by default, in the pixels per millimetre of libvips.
    private static let neutralResolution = 72 / 25.4

    /// Fields about the thumbnail, the orientation or the colour space of the source.
    private static func isOutdated(_ field: String) -> Bool {
        field.hasPrefix("exif-ifd1-") || field == "exif-ifd0-Orientation" || field == "exif-ifd4-InteroperabilityIndex"
    }

    /// Whether the profile matches the bands: a grey profile on three channels, or vice versa, would distort every colour.
    static func hasFittingProfile(_ image: Image, _ format: ImageFormat) -> Bool {
        let isGrey = image.bands < 3 && format != .webp && format != .avif
        return image.withBlob(Colour.iccField) { profile in
            ByteReader(profile).has(isGrey ? "GRAY" : "RGB ", at: 16)
        } ?? false
    }

    /// Finds the XMP of a HEIF file, which libvips recognises only without its usual first line.
    private static func xmpOfHEIF(_ image: Image) -> [UInt8]? {
        for index in 0..<8 {
            guard let block = image.withBlob("heif-mime-\(index)", { Array($0) }) else { continue }
            if String(decoding: block, as: UTF8.self).contains("<x:xmpmeta") { return block }
        }
        return nil
    }

    private static func correct(_ image: Image, _ format: ImageFormat, _ options: EncoderOptions) {
        let colorSpace = "exif-ifd2-ColorSpace"
        if options.colorProfile == .srgb, image.has(colorSpace) { vips_image_set_string(image.pointer, colorSpace, "1") }
        if let records = image.withBlob(iptc, IPTCBlock.records) {
            // libvips writes only a quarter of the records to TIFF.
            if format == .jpeg, let records { image.set(iptc, IPTCBlock.forJPEG(records)) } else { image.remove(iptc) }
        }
        if let packet = image.withBlob(xmp, XMPPacket.cleaned) { image.set(xmp, packet) }
    }
}

/// The XML packet that contains XMP.
enum XMPPacket {
    /// The packet for pixels that have been rotated upright and may have been cropped: with orientation 1 and without previews.
    static func cleaned(_ packet: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes = Array(packet)
        for end in ends(of: "tiff:Orientation", in: bytes) {
            // An attribute (="6") or an element (>6<).
            let index = bytes[end...].firstIndex { !delimiters.contains($0) }
            if let index, turned.contains(bytes[index]) { bytes[index] = UInt8(ascii: "1") }
        }
        for prefix in prefixes(of: "http://ns.adobe.com/xap/1.0/g/img/", in: bytes).union(["xmpGImg", "xapGImg"]) {
            for end in ends(of: "\(prefix):image", in: bytes) {
                for index in value(after: end, of: "\(prefix):image", in: bytes) { bytes[index] = UInt8(ascii: " ") }
            }
        }
        return bytes
    }

    private static func ends(of name: String, in bytes: [UInt8]) -> [Int] {
        let name = Array(name.utf8)
        return bytes.indices.filter { bytes[$0] == name[0] && bytes[$0...].starts(with: name) }.map { $0 + name.count }
    }

    /// The prefixes of a namespace.
    private static func prefixes(of namespace: String, in bytes: [UInt8]) -> Set<String> {
        Set(
            ends(of: namespace, in: bytes).compactMap { end in
                // xmlns:PREFIX="NAMESPACE"
                let before = bytes[..<(end - namespace.utf8.count)].reversed().drop { delimiters.contains($0) }
                let prefix = before.prefix { $0 != UInt8(ascii: ":") && !delimiters.contains($0) }
                return prefix.isEmpty ? nil : String(decoding: prefix.reversed(), as: UTF8.self)
            })
    }

    /// Where the value of an attribute is, or all that an element contains.
    private static func value(after end: Int, of name: String, in bytes: [UInt8]) -> Range<Int> {
        let start = end - name.utf8.count
        let isElement = start > 0 && bytes[start - 1] == UInt8(ascii: "<")
        if isElement {
            guard let tagEnd = bytes[end...].firstIndex(of: UInt8(ascii: ">")) else { return end..<bytes.count }
            if bytes[tagEnd - 1] == UInt8(ascii: "/") { return end..<end }
            let closing = ends(of: "</\(name)", in: bytes).first { $0 > tagEnd }.map { $0 - name.utf8.count - 2 }
            return tagEnd + 1..<(closing ?? bytes.count)
        }
        let isClosing = start > 1 && bytes[start - 1] == UInt8(ascii: "/") && bytes[start - 2] == UInt8(ascii: "<")
        guard !isClosing, let quote = bytes[end...].firstIndex(where: quotes.contains) else { return end..<end }
        return quote + 1..<(bytes[(quote + 1)...].firstIndex(of: bytes[quote]) ?? bytes.count)
    }

    private static let quotes = Set("\"'".utf8)
    private static let delimiters = Set("=\"'> \n\r\t".utf8)
    private static let turned = UInt8(ascii: "2")...UInt8(ascii: "8")
}
