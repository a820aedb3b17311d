import Deadlines
import MetricsTestKit
import NIOCore
import OTLP
import OTLPReceiver
import RawHTTP
import Testing
import Tracing
import WireFormats

@Suite("Export of spans")
struct ExportTests {
    @Test("a collector whose response stalls does not stop the export", .timeLimit(.minutes(1)))
    func stalledResponsesDoNotStopTheExport() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
        try await RawServer.run(respond: { _, channel in channel.writeAndFlush(ByteBuffer(string: head), promise: nil) }) { server in
            let tracing = makeTracing(server.url("/v1/traces"), timeout: .milliseconds(100))
            tracing.start()
            for count in 1...2 {
                tracing.tracer.startSpan("span").end()
                _ = try await server.requests(count)
            }
            await tracing.shutdown()
            // Accepted spans are not sent again.
            #expect(server.requests.count == 2)
        }
    }

    @Test("a collector reads names, times, kinds, attributes, events, links and status")
    func collectorReadsAllFields() async throws {
        try await RawServer.run(respond: RawServer.status(200, body: "{}")) { server in
            let tracing = makeTracing(server.url("/v1/traces"), headers: ["authorization": "Bearer abc"])
            tracing.start()
            let tracer = tracing.tracer
            let other = tracer.startSpan("other")
            let parent = tracer.startSpan(
                "parent", ofKind: .server, at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 1_767_225_600_123_456_789))
            let child = tracer.startSpan("child \"quoted\"\n", context: parent.context, ofKind: .client)
            child.updateAttributes { attributes in
                attributes["text"] = "ä\u{1}"
                attributes["number"] = Int64.max
                attributes["truth"] = true
                attributes["real"] = 0.5
                attributes["endless"] = Double.infinity
                attributes.set("list", value: .int64Array([1, 2]))
            }
            child.addEvent("happened")
            child.recordError(SampleError())
            child.addLink(other)
            child.setStatus(SpanStatus(code: .error, message: "bad"))
            child.end()
            parent.end()
            other.end()
            await tracing.shutdown()

            let request = try #require(server.requests.first)
            #expect(request.path == "/v1/traces")
            #expect(request.header("authorization") == "Bearer abc")
            let spans = try TraceReceiver.spans(of: server)
            #expect(spans.count == 3)
            let received = try #require(spans.first { $0.name == "child \"quoted\"\n" })
            let root = try #require(spans.first { $0.name == "parent" })
            #expect(received.parentID == root.spanID)
            #expect(received.traceID == root.traceID)
            #expect(root.parentID == "")
            #expect(root.start == 1_767_225_600_123_456_789)
            #expect((root.kind, received.kind) == (2, 3))
            #expect(received.text("text") == "ä\u{1}")
            #expect(received.number("number") == Int(Int64.max))
            #expect(received.attributes["truth"]?["boolValue"] == true)
            #expect(received.attributes["real"]?["doubleValue"] == 0.5)
            #expect(received.attributes["endless"]?["doubleValue"] == "Infinity")
            #expect(received.attributes["list"]?["arrayValue"]?["values"]?[1]?["intValue"] == "2")
            #expect(received.events == ["happened", "exception"])
            #expect(received.links.map(\.span) == [other.context.spanContext?.spanID.description])
            #expect(received.status == 2)
            #expect(root.resource["service.name"]?["stringValue"] == "test")
        }
    }

    @Test("a full batch is sent without waiting for the delay")
    func fullBatchIsSentImmediately() async throws {
        try await RawServer.run(respond: RawServer.status(200)) { server in
            let tracing = makeTracing(server.url(), batches: BatchLimits(queue: 100, batch: 3, delay: .seconds(3600)))
            tracing.start()
            for _ in 0..<3 { tracing.tracer.startSpan("one").end() }
            let requests = try await server.requests(1)
            #expect(try TraceReceiver.spans(of: requests[0]).count == 3)
            // A remaining span waits for the delay, or for the shutdown.
            tracing.tracer.startSpan("last").end()
            #expect(server.requests.count == 1)
            await tracing.shutdown()
            #expect(try TraceReceiver.spans(of: server).map(\.name) == ["one", "one", "one", "last"])
        }
    }

    @Test("a few spans are sent after the delay")
    func partialBatchIsSentAfterTheDelay() async throws {
        try await RawServer.run(respond: RawServer.status(200)) { server in
            let tracing = makeTracing(server.url(), batches: BatchLimits(delay: .milliseconds(20)))
            tracing.start()
            tracing.tracer.startSpan("one").end()
            _ = try await server.requests(1)
            await tracing.shutdown()
        }
    }

    @Test("spans beyond the capacity of the queue are dropped and counted")
    func spansBeyondTheQueueAreDropped() async throws {
        try await RawServer.run(respond: RawServer.status(200)) { server in
            let metrics = TestMetrics()
            let tracing = makeTracing(server.url(), batches: BatchLimits(queue: 5, batch: 2, delay: .seconds(3600)), metrics: metrics)
            for _ in 0..<8 { tracing.tracer.startSpan("one").end() }
            #expect(metrics.total("otlp_spans_dropped_total", [("reason", "queue_full")]) == 3)
            tracing.start()
            await tracing.shutdown()
            #expect(try TraceReceiver.spans(of: server).count == 5)
            // No batch exceeds the limit.
            let sizes = try server.requests.map { try TraceReceiver.spans(of: $0).count }
            #expect(sizes == [2, 2, 1])
            #expect(metrics.total("otlp_spans_exported_total") == 5)
            tracing.tracer.startSpan("late").end()
            #expect(metrics.total("otlp_spans_dropped_total", [("reason", "shutdown")]) == 1)
        }
    }

    @Test("a busy collector is retried after the time that it requests", arguments: [429, 502, 503, 504])
    func busyCollectorIsRetried(_ status: Int) async throws {
        let metrics = TestMetrics()
        let respond = firstly(RawServer.status(status, headers: "Retry-After: 1\r\n"), then: RawServer.status(200))
        try await RawServer.run(respond: respond) { server in
            let tracing = makeTracing(server.url(), metrics: metrics)
            tracing.start()
            tracing.tracer.startSpan("one").end()
            let requests = try await server.requests(2)
            #expect(requests[1].at - requests[0].at >= .seconds(1))
            #expect(requests[1].body == requests[0].body)
            await tracing.shutdown()
            #expect(metrics.total("otlp_spans_exported_total") == 1)
            #expect(metrics.total("otlp_export_retries_total") == 1)
        }
    }

    @Test("a batch whose connection is lost is sent again on another connection")
    func lostConnectionIsRetried() async throws {
        let metrics = TestMetrics()
        let halfOfAResponse: RawServer.Responder = { _, channel in
            channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Le"), promise: nil)
            channel.close(promise: nil)
        }
        try await RawServer.run(respond: firstly(halfOfAResponse, then: RawServer.status(200))) { server in
            let tracing = makeTracing(server.url(), metrics: metrics)
            tracing.start()
            tracing.tracer.startSpan("one").end()
            let requests = try await server.requests(2)
            #expect(requests[1].body == requests[0].body)
            await tracing.shutdown()
            #expect(server.connections == 2)
            #expect(metrics.total("otlp_spans_exported_total") == 1)
            #expect(metrics.total("otlp_export_retries_total") == 1)
        }
    }

    @Test("batches are compressed if a variable requests it")
    func batchesAreCompressedOnRequest() async throws {
        try await RawServer.run(respond: RawServer.status(200)) { server in
            let tracing = makeTracing(server.url(), compresses: true)
            for number in 0..<100 { tracing.tracer.startSpan("span \(number)").end() }
            tracing.start()
            await tracing.shutdown()
            let request = try #require(server.requests.first)
            #expect(request.header("content-encoding") == "gzip")
            #expect(try TraceReceiver.spans(of: server).map(\.name) == (0..<100).map { "span \($0)" })
            #expect(request.bytes.count < 10_000)
        }
    }

    @Test("a collector that refuses is not retried", arguments: [400, 401, 404, 500])
    func refusedBatchIsNotRetried(_ status: Int) async throws {
        try await RawServer.run(respond: RawServer.status(status)) { server in
            let metrics = TestMetrics()
            let tracing = makeTracing(server.url(), metrics: metrics)
            tracing.start()
            tracing.tracer.startSpan("one").end()
            _ = try await server.requests(1)
            await tracing.shutdown()
            #expect(server.requests.count == 1)
            #expect(metrics.total("otlp_spans_dropped_total", [("reason", "rejected")]) == 1)
        }
    }

    @Test("spans that a collector rejects from a batch are counted")
    func rejectedSpansAreCounted() async throws {
        let respond = RawServer.status(200, body: #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#)
        try await RawServer.run(respond: respond) { server in
            let metrics = TestMetrics()
            let tracing = makeTracing(server.url(), metrics: metrics)
            for _ in 0..<3 { tracing.tracer.startSpan("one").end() }
            tracing.start()
            await tracing.shutdown()
            #expect(metrics.total("otlp_spans_exported_total") == 1)
            #expect(metrics.total("otlp_spans_dropped_total", [("reason", "rejected")]) == 2)
        }
    }

    @Test("if a collector is down, a batch is dropped when its time is up")
    func batchIsDroppedAtItsTimeLimit() async throws {
        let metrics = TestMetrics()
        // Nothing listens on this port.
        let tracing = makeTracing(
            "http://127.0.0.1:1/v1/traces", batches: BatchLimits(delay: .milliseconds(10), timeout: .milliseconds(200)), metrics: metrics)
        tracing.start()
        tracing.tracer.startSpan("one").end()
        try await eventually("the batch to be given up") { metrics.total("otlp_spans_dropped_total", [("reason", "failed")]) == 1 }
        await tracing.shutdown()
    }

    @Test("shutdown waits for an unresponsive collector only up to its time limit")
    func shutdownIsBounded() async throws {
        try await RawServer.run(respond: { _, _ in }) { server in
            let metrics = TestMetrics()
            let tracing = makeTracing(server.url(), timeout: .seconds(60), metrics: metrics)
            tracing.start()
            tracing.tracer.startSpan("one").end()
            try await within(.testDeadline, "the end") { await tracing.shutdown(within: .milliseconds(100)) }
            #expect(metrics.total("otlp_spans_dropped_total", [("reason", "shutdown")]) == 1)
        }
    }
}
