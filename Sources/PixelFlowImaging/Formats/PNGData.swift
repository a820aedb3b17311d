import CZlib

/// The compressed rows of a PNG file (W3C PNG, third edition, sections 7 to 10).
///
/// Used only after a decoder has failed, because libpng does not report why.
struct PNGData {
    /// Width, height and bits per pixel of the image.
    private let width: Int
    private let height: Int
    private let bits: Int
    private let isInterlaced: Bool

    init(size: PixelSize, bitsPerPixel: Int, isInterlaced: Bool) {
        (width, height) = size
        bits = bitsPerPixel
        self.isInterlaced = isInterlaced
    }

    /// Whether the data is valid but ends before the last row; false for complete and for damaged data.
    ///
    /// - Parameter chunks: the contents of the IDAT chunks in order.
    func isShort(_ chunks: [UnsafeRawBufferPointer]) -> Bool {
        var rows = Rows(passes)
        var stream = z_stream()
        guard czlib_inflate_init(&stream, MAX_WBITS) == Z_OK else { return false }
        defer { inflateEnd(&stream) }
        let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 * 1024)
        defer { output.deallocate() }
        for chunk in chunks {
            stream.next_in = UnsafeMutablePointer(mutating: chunk.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(chunk.count)
            repeat {
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                let status = inflate(&stream, Z_NO_FLUSH)
                guard rows.take(output.prefix(output.count - Int(stream.avail_out))) else { return false }
                if status == Z_STREAM_END { return true }
                // Z_BUF_ERROR: this chunk has no more input.
                guard status == Z_OK || status == Z_BUF_ERROR else { return false }
            } while stream.avail_out == 0
        }
        return true
    }

    /// Rows, and bytes per row without the filter byte, of the passes that have any.
    private var passes: [(rows: Int, bytes: Int)] {
        // Adam7: the first column and row of each pass, and the steps between them.
        let steps =
            isInterlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] : [(0, 0, 1, 1)]
        return steps.compactMap { x, y, across, down in
            let columns = (width - x + across - 1) / across
            let rows = (height - y + down - 1) / down
            return columns > 0 && rows > 0 ? (rows, (columns * bits + 7) / 8) : nil
        }
    }

    /// The position of the decompressed bytes within the rows.
    private struct Rows {
        private var passes: ArraySlice<(rows: Int, bytes: Int)>
        /// Bytes left in the current row.
        private var bytesLeft = 0

        init(_ passes: [(rows: Int, bytes: Int)]) { self.passes = passes[...] }

        /// - Returns: false for an undefined filter, and at the end of the last row.
        mutating func take(_ bytes: Slice<UnsafeMutableBufferPointer<UInt8>>) -> Bool {
            var rest = bytes
            while let filter = rest.first {
                if bytesLeft == 0 {
                    // Filters: none, sub, up, average, Paeth.
                    guard let pass = passes.first, filter <= 4 else { return false }
                    bytesLeft = pass.bytes
                    if pass.rows == 1 { passes.removeFirst() } else { passes[passes.startIndex].rows -= 1 }
                    rest = rest.dropFirst()
                } else {
                    let count = min(bytesLeft, rest.count)
                    bytesLeft -= count
                    rest = rest.dropFirst(count)
                }
            }
            return bytesLeft > 0 || !passes.isEmpty
        }
    }
}
