import Conformance
import Deadlines
import Foundation
import NIOHTTP1
import OTLPReceiver
import PixelFlowClient
import PixelFlowCore
import RawHTTP
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
    /// What an OpenTelemetry collector receives.
    @Suite struct TraceTests {
        private static let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        private static let trace = "0af7651916cd43dd8448eb211c80319c"

        @Test func oneTraceCoversUploadToCompletion() async throws {
            try await RawServer.run(respond: RawServer.status(200)) { collector in
                try await LiveService.run(Self.settings(collector)) { service in
                    let ada = try await Person.signedIn(to: service)
                    let reply = try await ada.postBody(
                        PNG.noise(width: 64, height: 48, seed: 3), type: "image/png", port: service.ports.web,
                        headers: ["traceparent": Self.caller, "tracestate": "rojo=1"])
                    let request = try #require(reply.header("x-request-id"))
                    let task = try await ada.final(reply.task().id)
                    #expect(task.status == .completed)
                    service.terminate()
                    #expect(try await service.waitForExit() == 0)

                    let spans = try TraceReceiver.spans(of: collector).filter { $0.traceID == Self.trace }
                    let tree = SpanTree(spans)
                    // web, its request to api, and api.
                    let web = try tree.only("POST /api/**", in: "b7ad6b7169203331")
                    let call = try tree.only("POST", in: web.spanID)
                    let api = try tree.only("POST /api/upload", in: call.spanID)
                    #expect((web.kind, call.kind, api.kind) == (2, 3, 2))
                    for (span, service) in [(web, "web"), (api, "api")] {
                        #expect(span.text("pixelflow.service") == service)
                        #expect(span.text("pixelflow.request_id") == request)
                        #expect(span.text("http.request.method") == "POST")
                        #expect(span.text("url.path") == "/api/upload")
                        #expect(span.number("http.response.status_code") == 202)
                        #expect(span.status == 0)
                    }
                    #expect(api.text("http.route") == "/api/upload")
                    _ = try tree.only("store upload", in: api.spanID)
                    #expect(try tree.only("create task", in: api.spanID).text("pixelflow.task.id") == task.id.rawValue)
                    // The publication for the worker.
                    let publish = try tree.only("publish", in: api.spanID)
                    #expect(publish.kind == 4)
                    let run = try tree.only("process task")
                    #expect(run.kind == 5)
                    // An idle worker may find the task before its message arrives.
                    #expect([publish.spanID, api.spanID].contains(run.parentID))
                    let wait = try tree.only("queue wait", in: run.parentID)
                    #expect(wait.start <= wait.end && wait.end <= run.start)
                    #expect(run.text("pixelflow.task.status") == "COMPLETED")
                    // The run.
                    for step in ["claim", "fetch source", "render", "complete"] { _ = try tree.only(step, in: run.spanID) }
                    let render = try tree.only("render", in: run.spanID)
                    let decode = try tree.only("decode", in: render.spanID)
                    let outputs = tree.children("render output", of: render.spanID)
                    let stores = tree.children("store output", of: run.spanID)
                    let names = Set(task.outputs.map(\.name))
                    #expect(Set(outputs.compactMap { $0.text("pixelflow.output") }) == names && outputs.count == names.count)
                    #expect(Set(stores.compactMap { $0.text("pixelflow.output") }) == names && stores.count == names.count)
                    for output in outputs { #expect(decode.end <= output.start && output.end <= render.end) }
                    for span in spans { #expect(span.resource["service.name"]?["stringValue"] == "pixelflow") }

                    // The log contains the same ids.
                    let lines = service.logText.split(separator: "\n").map(String.init)
                    for (event, span) in [("task created", api), ("run ended", run)] {
                        let line = try #require(lines.first { $0.contains("\"event\":\"\(event)\"") })
                        #expect(line.contains("\"trace_id\":\"\(Self.trace)\""))
                        #expect(line.contains("\"span_id\":\"\(span.spanID)\""))
                    }
                }
            }
        }

        @Test func retryHasASeparateLinkedTrace() async throws {
            let isFirst = Mutex(true)
            let photo = try await Pictures.make().saved(as: "photo.png")
            try await SourceServer.run({ _ in
                isFirst.withLock { first in
                    defer { first = false }
                    return first ? .status("503 Busy") : .ok(photo)
                }
            }) { source in
                try await RawServer.run(respond: RawServer.status(200)) { collector in
                    let settings = Self.settings(collector).merging([
                        "PIXELFLOW_FETCH_ALLOW_NETWORKS": "127.0.0.1/32", "PIXELFLOW_FETCH_ALLOW_PORTS": "\(source.port)",
                    ]) { $1 }
                    try await LiveService.run(settings) { service in
                        let ada = try await Person.signedIn(to: service)
                        let task = try await ada.final(ada.upload(url: source.url("/photo.png")).id)
                        #expect(task.status == .completed)
                        service.terminate()
                        #expect(try await service.waitForExit() == 0)
                        let runs = try TraceReceiver.spans(of: collector).filter { $0.name == "process task" }.sorted {
                            $0.start < $1.start
                        }
                        #expect(runs.count == 2)
                        let (first, second) = (try #require(runs.first), try #require(runs.last))
                        #expect(first.status == 2 && first.events == ["exception"])
                        #expect(first.links.isEmpty && !first.parentID.isEmpty)
                        #expect(second.traceID != first.traceID && second.parentID.isEmpty)
                        #expect(second.links.map(\.trace) == [first.traceID])
                        #expect(second.status == 0)
                    }
                }
            }
        }

        @Test func callerDecidesTheSampling() async throws {
            try await RawServer.run(respond: RawServer.status(200)) { collector in
                let settings = Self.settings(collector).merging(["OTEL_TRACES_SAMPLER": "parentbased_always_off"]) { $1 }
                try await LiveService.run(settings) { service in
                    let ada = try await Person.signedIn(to: service)
                    let image = PNG.noise(width: 8, height: 8, seed: 4)
                    _ = try await ada.final(ada.postBody(image, type: "image/png").task().id)
                    _ = try await ada.final(ada.postBody(image, type: "image/png", headers: ["traceparent": Self.caller]).task().id)
                    service.terminate()
                    #expect(try await service.waitForExit() == 0)
                    let spans = try TraceReceiver.spans(of: collector)
                    #expect(!spans.isEmpty)
                    #expect(Set(spans.map(\.traceID)) == [Self.trace])
                }
            }
        }

        @Test func invalidVariableIsNamed() async throws {
            let service = try LiveService(["OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"])
            let process = try service.spawn()
            #expect(try await within(.testDeadline, "the executable to end") { await process.waitForExit() } == 2)
            #expect(service.logText.contains("OTEL_EXPORTER_OTLP_ENDPOINT must be a URL"))
        }

        private static func settings(_ collector: RawServer) -> [String: String] {
            ["OTEL_EXPORTER_OTLP_ENDPOINT": collector.url(""), "OTEL_BSP_SCHEDULE_DELAY": "100"]
        }
    }
}
