import CVips

/// A failure message of libvips. It may quote the source, so it stays in this process: public messages never include it.
struct VipsError: Error, CustomStringConvertible {
    let description: String

    /// Clears the error buffer. Called before each job and each call, because libvips also records errors from which it recovers,
    /// and these would be reported as the cause of the next failure, possibly of another tenant.
    static func discard() { vips_error_clear() }

    /// The current content of the error buffer.
    static var buffered: String { String(cString: vips_error_buffer()) }

    /// Removes and returns the text in libvips' error buffer. The buffer is global and
    /// append-only, so reading it must clear it.
    static func taken() -> VipsError {
        let text = buffered.split(separator: "\n").joined(separator: "; ")
        MemoryShortage.note(text)
        discard()
        return VipsError(description: text.isEmpty ? "libvips gave no reason" : text)
    }

    /// Removes and returns what libvips has recorded without failing; nil if there is nothing.
    static func noted() -> VipsError? { vips_error_buffer().pointee == 0 ? nil : taken() }
}
