import Conformance
import Foundation
import NIOHTTP1
import OTLPReceiver
import PixelFlowCore
import RawHTTP
import Testing
import WireFormats

extension ClusterEndToEnd {
    /// What a collector receives from services in separate processes.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct ServiceTraceTests {
        private static let trace = "0af7651916cd43dd8448eb211c80319c"
        private static let uploads = 12

        /// The spans from the first span of this installation to `span`.
        private static func path(to span: ReceivedSpan, in tree: SpanTree) -> [ReceivedSpan] {
            guard let parent = tree.span(span.parentID) else { return [span] }
            return path(to: parent, in: tree) + [span]
        }

        @Test(.timeLimit(.minutes(5)))
        func traceContinuesThroughTheBroker() async throws {
            try await RawServer.run(respond: RawServer.status(200)) { collector in
                try await LiveCluster.run([.auth, .api(1), .worker(1), .web]) { settings in
                    settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url("")
                    settings["OTEL_BSP_SCHEDULE_DELAY"] = "100"
                } _: { cluster in
                    let ada = try await Person.signedIn(to: cluster.endpoint(api: 1))
                    // Several, because an idle worker may find a task in the store before its message arrives.
                    let tasks = try await withThrowingTaskGroup(of: TaskID.self) { group in
                        for seed in 0..<Self.uploads {
                            group.addTask {
                                try await ada.postBody(
                                    PNG.noise(width: 64, height: 48, seed: UInt64(seed)), type: "image/png", port: cluster.port(of: .web),
                                    headers: ["traceparent": "00-\(Self.trace)-b7ad6b7169203331-01"]
                                ).task().id
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    for task in tasks { #expect(try await ada.final(task).status == .completed) }
                    for member in [LiveCluster.Member.worker(1), .web, .api(1)] { #expect(try await cluster.stop(member) == 0) }

                    let tree = SpanTree(try TraceReceiver.spans(of: collector).filter { $0.traceID == Self.trace })
                    let runs = tree.all("process task")
                    #expect(runs.count == Self.uploads)
                    let dispatched = runs.compactMap { run in
                        tree.all("publish").first { $0.spanID == run.parentID }.map { Self.path(to: $0, in: tree) + [run] }
                    }
                    #expect(!dispatched.isEmpty, "no run followed from a message")
                    for path in dispatched {
                        #expect(path.map(\.name) == ["POST /api/**", "POST", "POST /api/upload", "publish", "process task"])
                        let services = path.map { $0.resource["service.name"]?["stringValue"]?.stringValue ?? "" }
                        #expect(services == ["pixelflow-web", "pixelflow-web", "pixelflow-api", "pixelflow-api", "pixelflow-worker"])
                    }
                    for run in runs { _ = try tree.only("complete", in: run.spanID) }
                }
            }
        }
    }
}
