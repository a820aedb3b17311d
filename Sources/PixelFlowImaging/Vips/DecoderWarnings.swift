import CVips
import Synchronization

/// Keeps warnings of decoders that go on with wrong pixels.
enum DecoderWarnings {
    private static let first = Mutex<String?>(nil)

    /// The first such warning since the last call.
    static func taken() -> VipsError? {
        let text = first.withLock { text -> String? in
            defer { text = nil }
            return text
        }
        return text.map { VipsError(description: $0) }
    }

    /// - Parameter fields: those of a message in the log of GLib.
    static func note(_ fields: UnsafeBufferPointer<GLogField>) {
        for field in fields where String(cString: field.key) == "MESSAGE" {
            guard let value = field.value?.assumingMemoryBound(to: CChar.self) else { continue }
            let text = String(cString: value)
            guard losses.contains(where: text.contains) else { continue }
            first.withLock { $0 = $0 ?? text }
        }
    }

    /// Of JPEG in TIFF, whose rest libtiff makes up.
    private static let losses = ["premature end of data segment", "bad Huffman code"]
}
