import CVips

/// What libvips said when it failed.
struct VipsError: Error, CustomStringConvertible {
    let description: String

    /// Takes the text out of libvips' error buffer. The buffer belongs to the whole process and
    /// only grows, so whoever reads it empties it.
    static func taken() -> VipsError {
        let text = String(cString: vips_error_buffer()).split(separator: "\n").joined(separator: "; ")
        MemoryShortage.note(text)
        vips_error_clear()
        return VipsError(description: text.isEmpty ? "libvips gave no reason" : text)
    }
}
