import WireFormats

/// The headers of W3C Trace Context (https://www.w3.org/TR/trace-context/).
enum TraceParent {
    static let header = "traceparent"
    static let stateHeader = "tracestate"

    static func text(of context: SpanContext) -> String {
        var text = Array("00-".utf8)
        context.traceID.append(to: &text)
        text.append(UInt8(ascii: "-"))
        context.spanID.append(to: &text)
        text += (context.isSampled ? "-01" : "-00").utf8
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil if `text` is not a `traceparent`. Of later versions, it reads the fields of this version.
    static func read(_ text: String, state: String?) -> SpanContext? {
        let parts = text.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[3].utf8.count == 2, parts[0] != "ff",
            let version = HexWord.value(Array(parts[0].utf8)[...]), version > 0 || parts.count == 4,
            let flags = HexWord.value(Array(parts[3].utf8)[...]), let traceID = TraceID(parts[1]), let spanID = SpanID(parts[2])
        else { return nil }
        return SpanContext(
            traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1, traceState: state.flatMap(TraceState.checked), isRemote: true)
    }
}

/// The `tracestate` header, propagated unchanged.
enum TraceState {
    /// The minimum length in characters that the specification requires to be propagated.
    private static let limit = 512
    private static let members = 32

    /// Nil if `text` is malformed or too long, in which case the trace continues without it.
    static func checked(_ text: String) -> String? {
        let list = text.split(separator: ",").map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.isEmpty }
        guard !list.isEmpty, text.utf8.count <= limit, list.count <= members, list.allSatisfy(isMember) else { return nil }
        return text
    }

    private static let keyCharacters = ASCIISet.alphanumerics.union("_-*/@")

    private static func isMember(_ text: Substring) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, (1...256).contains(parts[0].utf8.count), keyCharacters.containsAll(of: parts[0]) else { return false }
        return parts[1].utf8.count <= 256 && parts[1].utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "=") }
    }
}
