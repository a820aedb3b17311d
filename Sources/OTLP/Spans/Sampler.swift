/// Decides whether the spans of a trace are recorded. The names are those of `OTEL_TRACES_SAMPLER`.
public struct Sampler: Sendable, Hashable {
    /// How to decide for a trace that begins here.
    public enum Root: Sendable, Hashable {
        case alwaysOn
        case alwaysOff
        /// A share of all traces, 0 to 1, chosen by trace id, so that every process chooses the same ones.
        case ratio(Double)
    }

    public var root: Root
    /// Whether a span inherits the decision of its parent. Otherwise, `root` decides for each span.
    public var isParentBased: Bool

    public init(root: Root = .alwaysOn, isParentBased: Bool = true) {
        self.root = root
        self.isParentBased = isParentBased
    }

    func samples(_ trace: TraceID, parent: SpanContext?) -> Bool {
        if isParentBased, let parent { return parent.isSampled }
        switch root {
        case .alwaysOn: return true
        case .alwaysOff: return false
        // Like other implementations, compare the last 63 bits of the id, which are random, with the share.
        case .ratio(let ratio): return ratio >= 1 || Double(trace.low >> 1) < ratio * 0x1p63
        }
    }
}
