import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Testing

@testable import PixelFlowS3

/// The bucket in the host name. A separate test, because it must resolve the name by hand.
@Suite struct VirtualHostTests {
    @Test func namesTheBucketInTheHost() async throws {
        try await StubServer.run(respond: { request, _ in
            request.method == .GET ? .init(body: "object") : .init()
        }) { server, port in
            let store = try store(port)
            try await store.write(key("t/a/source"), bytes: ByteBuffer(string: "object"))
            #expect(try await store.read(key("t/a/source"), range: nil)?.collect() == ByteBuffer(string: "object"))
            for request in server.requests {
                #expect(request.headers.first(name: "host") == "images.s3.test:\(port)")
                #expect(request.uri == "/t/a/source")
            }
            let url = try store.presignedURL(key("t/a/source"), expiresIn: .seconds(5))
            #expect(url.hasPrefix("http://images.s3.test:\(port)/t/a/source?X-Amz-Algorithm="))
        }
    }

    private func store(_ port: Int) throws -> S3BlobStore {
        let settings = try stubSettings(port, url: "s3://images?endpoint=http://s3.test:\(port)&path_style=false")
        var http = S3BlobStore.httpConfiguration(settings)
        http.dnsOverride = ["images.s3.test": "127.0.0.1"]
        return S3BlobStore(settings, http: http, logger: Logger(label: "test"))
    }
}
