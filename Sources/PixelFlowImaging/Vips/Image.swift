import CVips

/// A libvips image: either pixels in memory or a description from which they are computed on demand.
///
/// Must stay on the rendering thread.
final class Image {
    let pointer: UnsafeMutablePointer<VipsImage>

    init(owning pointer: UnsafeMutablePointer<VipsImage>) { self.pointer = pointer }

    deinit { g_object_unref(pointer) }

    /// Whether the pixels are in memory, so that reading them computes nothing.
    var isInMemory: Bool { [VIPS_IMAGE_SETBUF, VIPS_IMAGE_SETBUF_FOREIGN].contains(pointer.pointee.dtype) }
    var width: Int { Int(vips_image_get_width(pointer)) }
    var height: Int { Int(vips_image_get_height(pointer)) }
    var bands: Int { Int(vips_image_get_bands(pointer)) }
    var hasAlpha: Bool { vips_image_hasalpha(pointer) != 0 }
    var interpretation: VipsInterpretation { vips_image_get_interpretation(pointer) }
    var format: VipsBandFormat { vips_image_get_format(pointer) }
    var isBytes: Bool { format == VIPS_FORMAT_UCHAR }
    /// Whether L*a*b* is packed into four bytes, which are then not separate bands.
    var isPackedLab: Bool { vips_image_get_coding(pointer) == VIPS_CODING_LABQ }
    var bytesPerBand: Int { Int(vips_format_sizeof(format)) }
    /// The origin of the original image relative to this one, in pixels; negative after a crop.
    var offset: (x: Int, y: Int) { (Int(vips_image_get_xoffset(pointer)), Int(vips_image_get_yoffset(pointer))) }

    /// Runs the operation `name` on this image.
    func applying(_ name: String, _ arguments: VipsArguments = [:], as key: StaticString = "in") throws -> Image {
        try VipsCall.run(name, on: self, as: key, arguments) { try $0.image() }
    }

    /// Runs the operation `name`, which creates an image from its arguments.
    static func make(_ name: String, _ arguments: VipsArguments) throws -> Image {
        try VipsCall.run(name, arguments) { try $0.image() }
    }

    /// The pixels of an image in memory, row by row, bands interleaved.
    func withPixels<Output>(_ body: (UnsafeRawBufferPointer) throws -> Output) throws -> Output {
        guard let start = vips_image_get_data(pointer) else { throw VipsError.taken() }
        let count = width * height * bands * Int(vips_format_sizeof(vips_image_get_format(pointer)))
        return try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: start, count: count)) }
    }

    /// An image of 8-bit samples, copied from `pixels`.
    static func copying(_ pixels: [UInt8], width: Int, height: Int, bands: Int) throws -> Image {
        let made = pixels.withUnsafeBytes {
            vips_image_new_from_memory_copy($0.baseAddress, $0.count, Int32(width), Int32(height), Int32(bands), VIPS_FORMAT_UCHAR)
        }
        guard let made else { throw VipsError.taken() }
        return Image(owning: made)
    }

    /// An image of one row of floating point samples, copied from `values`.
    static func copying(_ values: [Float]) throws -> Image {
        let made = values.withUnsafeBytes {
            vips_image_new_from_memory_copy($0.baseAddress, $0.count, Int32(values.count), 1, 1, VIPS_FORMAT_FLOAT)
        }
        guard let made else { throw VipsError.taken() }
        return Image(owning: made)
    }

    /// A matrix for operations that take one, copied from `rows`.
    static func matrix(_ rows: [[Double]]) throws -> Image {
        let values = Array(rows.joined())
        let made = vips_image_new_matrix_from_array(Int32(rows[0].count), Int32(rows.count), values, Int32(values.count))
        guard let made else { throw VipsError.taken() }
        return Image(owning: made)
    }
}
