import CVips

/// What libvips said when it failed. It quotes the source, so it is for this process alone: no message of ours repeats it.
struct VipsError: Error, CustomStringConvertible {
    let description: String

    /// Empties the error buffer: before each job and each call, because libvips also notes what it then gets over,
    /// and these lines would be told as the reason of the next failure, which may be another tenant's.
    static func discard() { vips_error_clear() }

    /// What is in the error buffer now.
    static var buffered: String { String(cString: vips_error_buffer()) }

    /// Takes the text out of libvips' error buffer. The buffer belongs to the whole process and
    /// only grows, so whoever reads it empties it.
    static func taken() -> VipsError {
        let text = buffered.split(separator: "\n").joined(separator: "; ")
        MemoryShortage.note(text)
        discard()
        return VipsError(description: text.isEmpty ? "libvips gave no reason" : text)
    }

    /// Takes what libvips has noted without failing; nil if that is nothing.
    static func noted() -> VipsError? { vips_error_buffer().pointee == 0 ? nil : taken() }
}
