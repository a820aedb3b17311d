import CVips
import Glibc

extension Image {
    /// Computes every pixel now and keeps them.
    ///
    /// Runs on the calling thread, strip by strip. libvips would pass each tile to a worker
    /// thread, which costs more than it gains if the job has one core.
    func inMemory() throws -> Image {
        if isInMemory { return self }
        let copy = try emptyCopy()
        guard let region = vips_region_new(pointer) else { throw VipsError.taken() }
        defer { g_object_unref(region) }
        var strip = VipsRect(left: 0, top: 0, width: Int32(width), height: stripHeight)
        while Int(strip.top) < height {
            strip.height = min(stripHeight, Int32(height) - strip.top)
            guard vips_region_prepare(region, &strip) == 0 else { throw VipsError.taken() }
            for line in strip.top..<strip.top + strip.height {
                guard vips_image_write_line(copy.pointer, line, cvips_region_pixel(region, 0, line)) == 0 else { throw VipsError.taken() }
            }
            strip.top += strip.height
        }
        return copy
    }

    /// Computes every pixel now, in squares, and keeps them.
    ///
    /// For pixels that depend on others around them: a strip of a few lines would compute all lines around it again, and a strip of
    /// a rotated picture everything between its ends.
    func inMemoryBySquares() throws -> Image {
        let copy = try emptyCopy()
        guard let region = vips_region_new(pointer), let start = vips_image_get_data(copy.pointer) else { throw VipsError.taken() }
        defer { g_object_unref(region) }
        let pixels = UnsafeMutableRawPointer(mutating: start)
        let pixelBytes = bands * bytesPerBand
        for top in stride(from: 0, to: height, by: Self.squareEdge) {
            for left in stride(from: 0, to: width, by: Self.squareEdge) {
                let (columns, rows) = (min(Self.squareEdge, width - left), min(Self.squareEdge, height - top))
                var square = VipsRect(left: Int32(left), top: Int32(top), width: Int32(columns), height: Int32(rows))
                guard vips_region_prepare(region, &square) == 0 else { throw VipsError.taken() }
                for row in top..<top + rows {
                    guard let line = cvips_region_pixel(region, Int32(left), Int32(row)) else { throw VipsError.taken() }
                    memcpy(pixels + (row * width + left) * pixelBytes, line, columns * pixelBytes)
                }
            }
        }
        return copy
    }

    /// An image in memory with the same header, whose pixels are still to be written.
    private func emptyCopy() throws -> Image {
        guard let target = vips_image_new_memory() else { throw VipsError.taken() }
        let copy = Image(owning: target)
        guard cvips_copy_header(target, pointer) == 0, vips_image_write_prepare(target) == 0 else { throw VipsError.taken() }
        return copy
    }

    /// Large compared to the surroundings of a pixel, and small enough that intermediate results take few megabytes.
    private static let squareEdge = 512

    /// About 256 KiB per strip, so that computed pixels are still in the cache when they are stored, and few enough lines that
    /// libvips, which looks up the lines of a decoder one by one, stays fast.
    private var stripHeight: Int32 {
        let lineBytes = width * bands * Int(vips_format_sizeof(vips_image_get_format(pointer)))
        return Int32(clamping: min(512, max(16, 262_144 / max(1, lineBytes))))
    }
}
