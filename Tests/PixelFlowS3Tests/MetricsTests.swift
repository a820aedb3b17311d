import Logging
import MetricsTestKit
import NIOCore
import NIOHTTP1
import PixelFlowCore
import PixelFlowS3
import Testing

@Suite struct MetricsTests {
    @Test func countsRequestsAndBytes() async throws {
        let metrics = TestMetrics()
        try await StubServer.run(respond: { request, count in
            switch (request.method, count) {
            case (.PUT, 0): .error(503, "SlowDown")
            case (.GET, 2): .init(headers: [("etag", "\"1\"")], body: "0123456789")
            case (.GET, _): .error(404, "NoSuchKey")
            default: .init()
            }
        }) { _, port in
            let store = S3BlobStore(try stubSettings(port), metrics: metrics, logger: Logger(label: "test"))
            try await store.write(key("t/a/source"), bytes: sample(1000))
            _ = try await store.read(key("t/a/source"), range: nil)?.collect()
            let missing = try await store.read(key("t/b/source"), range: nil)
            #expect(missing == nil)
        }
        let expected = [("put_object", "503"), ("put_object", "200"), ("get_object", "200"), ("get_object", "404")]
        for (operation, status) in expected {
            let counter = try metrics.expectCounter("s3_requests_total", [("operation", operation), ("status", status)])
            #expect(counter.totalValue == 1, "\(operation) \(status)")
        }
        #expect(try metrics.expectCounter("blob_bytes_total", [("direction", "written")]).totalValue == 1000)
        #expect(try metrics.expectCounter("blob_bytes_total", [("direction", "read")]).totalValue == 10)
        #expect(try metrics.expectTimer("s3_request_duration_seconds", [("operation", "put_object")]).values.count == 2)
    }

    @Test func countsUnansweredRequests() async throws {
        let metrics = TestMetrics()
        try await StubServer.run(respond: { _, count in .init(hangsUp: count == 0) }) { _, port in
            let store = S3BlobStore(try stubSettings(port), metrics: metrics, logger: Logger(label: "test"))
            try await store.write(key("t/a/source"), bytes: sample(10))
        }
        #expect(try metrics.expectCounter("s3_requests_total", [("operation", "put_object"), ("status", "none")]).totalValue == 1)
    }
}
