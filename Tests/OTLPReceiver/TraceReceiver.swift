import CZlib
import Deadlines
package import RawHTTP
package import WireFormats

/// A span as a collector receives it.
package struct ReceivedSpan: Sendable {
    package let traceID: String
    package let spanID: String
    /// Empty for the first span of a trace.
    package let parentID: String
    package let name: String
    package let kind: Int
    /// Nanoseconds since 1970.
    package let start: Int
    package let end: Int
    package let attributes: [String: JSONValue]
    package let resource: [String: JSONValue]
    package let events: [String]
    /// Trace and span of each link.
    package let links: [(trace: String, span: String)]
    /// 0 unset, 1 ok, 2 error.
    package let status: Int

    package func text(_ name: String) -> String? { attributes[name]?["stringValue"]?.stringValue }
    /// 64-bit integers are strings in OTLP/JSON.
    package func number(_ name: String) -> Int? { attributes[name]?["intValue"]?.stringValue.flatMap { Int($0) } }
}

/// A malformed request to a collector.
package struct MalformedTraces: Error, CustomStringConvertible {
    package let description: String
}

/// Parses requests to `/v1/traces` strictly according to the OTLP specification.
package enum TraceReceiver {
    /// The spans that a server has received, in accepted and rejected requests.
    package static func spans(of server: RawServer) throws -> [ReceivedSpan] { try server.requests.flatMap(spans) }

    package static func spans(of request: RawServer.Request) throws -> [ReceivedSpan] {
        guard request.header("content-type") == "application/json" else {
            throw MalformedTraces(description: "content-type \(request.header("content-type") ?? "none")")
        }
        let document = try JSONValue(parsing: try body(of: request))
        return try list(document, "resourceSpans").flatMap { group in
            let resource = try attributes(try required(group, "resource"))
            return try list(group, "scopeSpans").flatMap { scope in
                guard scope["scope"]?["name"]?.stringValue?.isEmpty == false else {
                    throw MalformedTraces(description: "a scope without a name")
                }
                return try list(scope, "spans").map { try span($0, resource) }
            }
        }
    }

    private static func body(of request: RawServer.Request) throws -> String {
        switch request.header("content-encoding") {
        case nil: return request.body
        case "gzip": return String(decoding: try gunzipped(request.bytes), as: UTF8.self)
        case let coding?: throw MalformedTraces(description: "content-encoding \(coding)")
        }
    }

    /// One complete gzip member of at most 1 MiB.
    private static func gunzipped(_ bytes: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        guard czlib_inflate_init(&stream, MAX_WBITS + 16) == Z_OK else { throw MalformedTraces(description: "no memory for zlib") }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: 1 << 20)
        let status = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                return inflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END, stream.avail_in == 0 else { throw MalformedTraces(description: "not one gzip member: \(status)") }
        return Array(output.prefix(output.count - Int(stream.avail_out)))
    }

    private static func span(_ value: JSONValue, _ resource: [String: JSONValue]) throws -> ReceivedSpan {
        let links = try list(value, "links").map { link in
            (trace: try identifier(link, "traceId", digits: 32), span: try identifier(link, "spanId", digits: 16))
        }
        let span = ReceivedSpan(
            traceID: try identifier(value, "traceId", digits: 32), spanID: try identifier(value, "spanId", digits: 16),
            parentID: value["parentSpanId"] == nil ? "" : try identifier(value, "parentSpanId", digits: 16),
            name: try required(value, "name").stringValue ?? "", kind: try required(value, "kind").intValue ?? 0,
            start: try time(value, "startTimeUnixNano"), end: try time(value, "endTimeUnixNano"), attributes: try attributes(value),
            resource: resource,
            events: try list(value, "events").map { event in
                _ = try time(event, "timeUnixNano")
                return try required(event, "name").stringValue ?? ""
            }, links: links, status: value["status"]?["code"]?.intValue ?? 0)
        guard !span.name.isEmpty, (1...5).contains(span.kind), span.end >= span.start, (0...2).contains(span.status) else {
            throw MalformedTraces(description: "span \(value)")
        }
        return span
    }

    private static func attributes(_ value: JSONValue) throws -> [String: JSONValue] {
        let known: Set<String> = ["stringValue", "intValue", "doubleValue", "boolValue", "arrayValue"]
        var attributes: [String: JSONValue] = [:]
        for entry in try list(value, "attributes") {
            guard let key = entry["key"]?.stringValue, let content = entry["value"]?.objectValue, content.count == 1,
                let kind = content.keys.first, known.contains(kind), attributes[key] == nil
            else { throw MalformedTraces(description: "attribute \(entry)") }
            if kind == "intValue", content[kind]?.stringValue.flatMap({ Int($0) }) == nil {
                throw MalformedTraces(description: "attribute \(entry)")
            }
            attributes[key] = entry["value"]
        }
        return attributes
    }

    private static func required(_ value: JSONValue, _ name: String) throws -> JSONValue {
        guard let found = value[name] else { throw MalformedTraces(description: "no \(name) in \(value)") }
        return found
    }

    private static func list(_ value: JSONValue, _ name: String) throws -> [JSONValue] {
        guard let found = value[name] else { return [] }
        guard let list = found.arrayValue else { throw MalformedTraces(description: "\(name) is \(found)") }
        return list
    }

    private static func identifier(_ value: JSONValue, _ name: String, digits: Int) throws -> String {
        let text = try required(value, name).stringValue ?? ""
        guard text.utf8.count == digits, text.allSatisfy({ "0123456789abcdef".contains($0) }), text.contains(where: { $0 != "0" }) else {
            throw MalformedTraces(description: "\(name) is \(text)")
        }
        return text
    }

    private static func time(_ value: JSONValue, _ name: String) throws -> Int {
        guard let time = try required(value, name).stringValue.flatMap({ Int($0) }), time > 0 else {
            throw MalformedTraces(description: "\(name) of \(value)")
        }
        return time
    }
}
