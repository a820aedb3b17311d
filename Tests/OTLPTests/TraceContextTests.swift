import OTLP
import Testing
import Tracing

@Suite("W3C Trace Context")
struct TraceContextTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("a traceparent is continued, and its state passed on")
    func traceparentIsContinued() throws {
        let tracer = makeTracing("http://127.0.0.1:1").tracer
        let context = tracer.context(["traceparent": Self.parent, "tracestate": "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE"])
        let span = tracer.startSpan("child", context: context)
        let headers = tracer.headers(of: span.context)
        let own = try #require(span.context.spanContext)
        #expect(own.traceID.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(headers["traceparent"] == "00-0af7651916cd43dd8448eb211c80319c-\(own.spanID)-01")
        #expect(headers["tracestate"] == "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE")
        #expect(own.spanID.description != "b7ad6b7169203331")
    }

    @Test(
        "an invalid traceparent starts a new trace",
        arguments: [
            "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-xx",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        ])
    func invalidTraceparentStartsANewTrace(_ text: String) {
        let tracer = makeTracing("http://127.0.0.1:1").tracer
        #expect(tracer.context(["traceparent": text]).spanContext == nil)
    }

    @Test("a later version is parsed as far as it is known")
    func laterVersionIsParsed() {
        let tracer = makeTracing("http://127.0.0.1:1").tracer
        let context = tracer.context(["traceparent": "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes"])
        #expect(context.spanContext?.isSampled == true)
    }

    @Test(
        "a malformed state is dropped and the trace continues",
        arguments: ["", "=", "a", "a=b=c", "ü=1", String(repeating: "a=1,", count: 200)])
    func malformedStateIsDropped(_ state: String) {
        let tracer = makeTracing("http://127.0.0.1:1").tracer
        let context = tracer.context(["traceparent": Self.parent, "tracestate": state])
        #expect(context.spanContext?.isSampled == true)
        #expect(context.spanContext?.traceState == nil)
    }
}
