import PixelFlowCore

/// The messages between worker and render process: four numbers each. Longer data is in the
/// memory files. Each side validates the numbers of the other.
struct WireMessage: Equatable {
    enum Kind: UInt64 {
        /// To the service: started, sandboxed and waiting. No numbers.
        case ready = 1
        /// To the render process: `first` bytes of request at the start of the input, then `second` bytes of source.
        case render
        /// To the service: the first `first` bytes of the output memory are an output, followed by a `RenderReply.Output` of
        /// `second` bytes. The render process waits for `taken`.
        case output
        /// To the render process: the output has been copied, its memory may be overwritten. No numbers.
        case taken
        /// To the service: the output memory has a `RenderReply` of `second` bytes at `first`.
        case done
        /// To the service: the output memory has a `RenderError` of `second` bytes at `first`.
        case failed
    }

    var kind: Kind
    var first: Int = 0
    var second: Int = 0

    static let size = 24

    init(_ kind: Kind, _ first: Int = 0, _ second: Int = 0) {
        self.kind = kind
        self.first = first
        self.second = second
    }

    /// nil if the bytes are not a message.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == WireMessage.size else { return nil }
        let words = (0..<3).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        guard let kind = Kind(rawValue: words[0]) else { return nil }
        guard let first = Int(exactly: words[1]), let second = Int(exactly: words[2]) else { return nil }
        self.init(kind, first, second)
    }

    var words: [UInt64] { [kind.rawValue, UInt64(first), UInt64(second)] }
}

/// The outputs to render. The source follows it in the input, then the overlays in order.
struct RenderRequest: Codable, Equatable {
    struct Overlay: Codable, Equatable {
        var name: String
        var length: Int
    }

    var pipeline: Pipeline
    var limits: ImageLimits
    var overlays: [Overlay]
}

/// The result of a job, without the outputs that have already been passed on.
struct RenderReply: Codable {
    struct Output: Codable {
        var result: OutputResult
        var length: Int
        var microseconds: Int64
    }

    var source: SourceMetadata
    var microseconds: Int64
    var decodingMicroseconds: Int64
}
