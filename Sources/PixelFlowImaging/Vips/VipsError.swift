import CVips

/// The message of a libvips failure. It may quote the source, so it stays in this process: no public message repeats it.
struct VipsError: Error, CustomStringConvertible {
    let description: String

    /// Clears the error buffer before each job and each call, because libvips also records errors from which it recovers,
    /// and these would be reported as the cause of the next failure, which may be another tenant's.
    static func discard() { vips_error_clear() }

    /// The current content of the error buffer.
    static var buffered: String { String(cString: vips_error_buffer()) }

    /// Removes and returns the text in libvips' error buffer. The buffer belongs to the whole process and
    /// only grows, so reading it must clear it.
    static func taken() -> VipsError {
        let text = buffered.split(separator: "\n").joined(separator: "; ")
        MemoryShortage.note(text)
        discard()
        return VipsError(description: text.isEmpty ? "libvips gave no reason" : text)
    }

    /// Takes what libvips has noted without failing; nil if that is nothing.
    static func noted() -> VipsError? { vips_error_buffer().pointee == 0 ? nil : taken() }
}
