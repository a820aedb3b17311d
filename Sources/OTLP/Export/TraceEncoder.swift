import Tracing
import WireFormats

/// Encodes spans as an `ExportTraceServiceRequest` in OTLP/JSON: ids as hexadecimal strings, 64-bit integers as strings,
/// enumerations as numbers (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
struct TraceEncoder: Sendable {
    private let head: [UInt8]

    init(resource: [(name: String, value: String)], scope: String, version: String) {
        var head = Array(#"{"resourceSpans":[{"resource":{"attributes":["#.utf8)
        for (index, attribute) in resource.enumerated() {
            if index > 0 { head.append(UInt8(ascii: ",")) }
            Self.append(attribute.name, .string(attribute.value), to: &head)
        }
        head += #"]},"scopeSpans":[{"scope":{"name":"#.utf8
        JSONText.append(scope, to: &head)
        head += #","version":"#.utf8
        JSONText.append(version, to: &head)
        head += #"},"spans":["#.utf8
        self.head = head
    }

    func encode(_ spans: [FinishedSpan]) -> [UInt8] {
        var text = head
        text.reserveCapacity(head.count + 512 * spans.count)
        for (index, span) in spans.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            Self.append(span, to: &text)
        }
        text += "]}]}]}".utf8
        return text
    }

    private static func append(_ span: FinishedSpan, to text: inout [UInt8]) {
        append(span.context, to: &text)
        if let parent = span.parent {
            text += #","parentSpanId":""#.utf8
            parent.spanID.append(to: &text)
            text.append(UInt8(ascii: "\""))
        }
        // Bit 8 means that bit 9 is valid: whether the parent is in another process.
        let flags = (span.context.isSampled ? 1 : 0) | 0x100 | (span.parent?.isRemote == true ? 0x200 : 0)
        text += #","flags":\#(flags),"name":"#.utf8
        JSONText.append(span.name, to: &text)
        text += #","kind":\#(number(of: span.kind)),"startTimeUnixNano":"\#(span.start)","endTimeUnixNano":"\#(span.end)""#.utf8
        append(span.attributes, to: &text)
        if !span.events.isEmpty {
            append("events", span.events, to: &text) { event, text in
                text += #"{"timeUnixNano":"\#(event.nanosecondsSinceEpoch)","name":"#.utf8
                JSONText.append(SpanLimits.cut(event.name), to: &text)
                append(event.attributes, to: &text)
            }
        }
        if span.droppedEvents > 0 { text += #","droppedEventsCount":\#(span.droppedEvents)"#.utf8 }
        if !span.links.isEmpty {
            append("links", span.links, to: &text) { link, text in
                append(link.context, to: &text)
                append(link.attributes, to: &text)
            }
        }
        if span.droppedLinks > 0 { text += #","droppedLinksCount":\#(span.droppedLinks)"#.utf8 }
        if let status = span.status {
            text += #","status":{"code":\#(status.code == .ok ? 1 : 2)"#.utf8
            if let message = status.message {
                text += #","message":"#.utf8
                JSONText.append(SpanLimits.cut(message), to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: "}"))
    }

    private static func append<Element>(
        _ name: String, _ list: [Element], to text: inout [UInt8], _ body: (Element, inout [UInt8]) -> Void
    ) {
        text += #","\#(name)":["#.utf8
        for (index, element) in list.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            body(element, &text)
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: "]"))
    }

    /// Opens an object with the ids and the trace state of a span or link.
    private static func append(_ context: SpanContext, to text: inout [UInt8]) {
        text += #"{"traceId":""#.utf8
        context.traceID.append(to: &text)
        text += #"","spanId":""#.utf8
        context.spanID.append(to: &text)
        text.append(UInt8(ascii: "\""))
        if let state = context.traceState {
            text += #","traceState":"#.utf8
            JSONText.append(state, to: &text)
        }
    }

    private static func append(_ attributes: SpanAttributes, to text: inout [UInt8]) {
        guard !attributes.isEmpty else { return }
        text += #","attributes":["#.utf8
        var count = 0
        attributes.forEach { name, value in
            guard count < SpanLimits.attributes else { return }
            if count > 0 { text.append(UInt8(ascii: ",")) }
            append(name, value, to: &text)
            count += 1
        }
        text.append(UInt8(ascii: "]"))
        if attributes.count > count { text += #","droppedAttributesCount":\#(attributes.count - count)"#.utf8 }
    }

    private static func append(_ name: String, _ value: SpanAttribute, to text: inout [UInt8]) {
        text += #"{"key":"#.utf8
        JSONText.append(SpanLimits.cut(name), to: &text)
        text += #","value":"#.utf8
        append(value, to: &text)
        text.append(UInt8(ascii: "}"))
    }

    private static func append(_ value: SpanAttribute, to text: inout [UInt8]) {
        switch value {
        case .int32(let value): text += #"{"intValue":"\#(value)"}"#.utf8
        case .int64(let value): text += #"{"intValue":"\#(value)"}"#.utf8
        case .bool(let value): text += #"{"boolValue":\#(value)}"#.utf8
        case .double(let value): append(value, to: &text)
        case .string(let value): append(value, to: &text)
        case .stringConvertible(let value): append(value.description, to: &text)
        case .int32Array(let values): append(values.map { .int32($0) }, to: &text)
        case .int64Array(let values): append(values.map { .int64($0) }, to: &text)
        case .boolArray(let values): append(values.map { .bool($0) }, to: &text)
        case .doubleArray(let values): append(values.map { .double($0) }, to: &text)
        case .stringArray(let values): append(values.map { .string($0) }, to: &text)
        case .stringConvertibleArray(let values): append(values.map { .string($0.description) }, to: &text)
        default: append(String(describing: value), to: &text)
        }
    }

    private static func append(_ value: String, to text: inout [UInt8]) {
        text += #"{"stringValue":"#.utf8
        JSONText.append(SpanLimits.cut(value), to: &text)
        text.append(UInt8(ascii: "}"))
    }

    /// JSON has no numbers for infinities and NaN; the Protocol Buffers mapping writes these three as strings.
    private static func append(_ value: Double, to text: inout [UInt8]) {
        let number = value.isFinite ? "\(value)" : value.isNaN ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\""
        text += #"{"doubleValue":\#(number)}"#.utf8
    }

    private static func append(_ values: [SpanAttribute], to text: inout [UInt8]) {
        text += #"{"arrayValue":{"values":["#.utf8
        for (index, value) in values.prefix(SpanLimits.attributes).enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            append(value, to: &text)
        }
        text += "]}}".utf8
    }

    private static func number(of kind: SpanKind) -> Int {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
