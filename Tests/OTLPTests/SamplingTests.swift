import MetricsTestKit
import OTLP
import OTLPReceiver
import RawHTTP
import Testing
import Tracing

@Suite("Sampling")
struct SamplingTests {
    private func tracer(_ root: Sampler.Root, isParentBased: Bool = true) -> OTLPTracer {
        makeTracing("http://127.0.0.1:1", sampler: Sampler(root: root, isParentBased: isParentBased)).tracer
    }

    @Test("a span with a parent is recorded exactly if its parent is", arguments: [Sampler.Root.alwaysOn, .alwaysOff, .ratio(0.5)])
    func parentDecides(_ root: Sampler.Root) {
        let tracer = tracer(root)
        for flag in [0, 1] {
            let context = tracer.context(["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\(flag)"])
            let span = tracer.startSpan("child", context: context)
            #expect(span.isRecording == (flag == 1))
            #expect(tracer.headers(of: span.context)["traceparent"]?.hasSuffix("-0\(flag)") == true)
        }
    }

    @Test("internal spans of an unrecorded trace have the ids of the surrounding span; spans that others see have their own")
    func unrecordedInternalSpansShareTheirID() {
        let tracer = tracer(.alwaysOff)
        let root = tracer.startSpan("root", ofKind: .server)
        let step = tracer.startSpan("step", context: root.context)
        #expect(!step.isRecording)
        #expect(step.context.spanContext == root.context.spanContext)
        let call = tracer.startSpan("call", context: step.context, ofKind: .client)
        #expect(call.context.spanContext?.traceID == root.context.spanContext?.traceID)
        #expect(call.context.spanContext?.spanID != root.context.spanContext?.spanID)
    }

    @Test("sampling can ignore parents")
    func parentsCanBeIgnored() {
        let context = tracer(.alwaysOff).context(["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
        #expect(!tracer(.alwaysOff, isParentBased: false).startSpan("child", context: context).isRecording)
    }

    @Test("a ratio samples its share, and every process samples the same traces")
    func ratioSamplesConsistently() {
        let (one, other) = (tracer(.ratio(0.25)), tracer(.ratio(0.25), isParentBased: false))
        var recorded = 0
        for _ in 0..<4000 {
            let span = one.startSpan("root")
            recorded += span.isRecording ? 1 : 0
            #expect(other.startSpan("same", context: span.context).isRecording == span.isRecording)
        }
        // Eight standard deviations around 1000.
        #expect((780...1220).contains(recorded))
        #expect(!tracer(.ratio(0)).startSpan("root").isRecording)
        #expect(tracer(.ratio(1)).startSpan("root").isRecording)
    }

    @Test("a kind that never starts a trace is recorded within one")
    func kindWithoutRootsIsRecordedInATrace() {
        let tracer = makeTracing("http://127.0.0.1:1", mayBegin: { $0 == .server }).tracer
        let root = tracer.startSpan("root", ofKind: .server)
        #expect(root.isRecording)
        #expect(!tracer.startSpan("poll", ofKind: .client).isRecording)
        #expect(tracer.startSpan("call", context: root.context, ofKind: .client).isRecording)
    }

    @Test("a linked trace is new, linked, and recorded if the other is")
    func linkedTraceFollowsItsLink() async throws {
        try await RawServer.run(respond: RawServer.status(200)) { server in
            let tracing = makeTracing(server.url(), sampler: Sampler(root: .alwaysOff))
            var context = tracing.tracer.context(["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
            context.startsLinkedTrace = true
            let span = tracing.tracer.startSpan("again", context: context)
            let child = tracing.tracer.startSpan("child", context: span.context)
            child.end()
            span.end()
            tracing.start()
            await tracing.shutdown()
            let spans = try TraceReceiver.spans(of: server)
            let again = try #require(spans.first { $0.name == "again" })
            #expect(again.traceID != "0af7651916cd43dd8448eb211c80319c")
            #expect(again.parentID == "")
            #expect(again.links.map(\.trace) == ["0af7651916cd43dd8448eb211c80319c"])
            #expect(again.links.map(\.span) == ["b7ad6b7169203331"])
            let inner = try #require(spans.first { $0.name == "child" })
            #expect((inner.traceID, inner.parentID) == (again.traceID, again.spanID))
            #expect(inner.links.isEmpty)
        }
    }
}
