import Foundation
import Logging
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Synchronization
import Testing

@testable import PixelFlowS3

func stubSettings(_ port: Int, url: String? = nil) throws -> S3Settings {
    var settings = try S3Settings(
        Settings(environment: [
            "PIXELFLOW_BLOB_URL": url ?? "s3://images?endpoint=http://127.0.0.1:\(port)",
            "PIXELFLOW_S3_ACCESS_KEY": "key", "PIXELFLOW_S3_SECRET_KEY": "hush",
        ]))
    settings.timeouts.firstPause = .milliseconds(1)
    return settings
}

/// How the store interprets the responses of a faulty server.
@Suite struct ResponseTests {
    private func store(_ port: Int) throws -> S3BlobStore { S3BlobStore(try stubSettings(port), logger: Logger(label: "test")) }

    @Test(arguments: [
        StubServer.Response.error(503, "SlowDown"), .error(500, "InternalError"), .error(502, ""), .error(409, "OperationAborted"),
        .error(400, "RequestTimeout"), .init(hangsUp: true),
    ])
    func retriesTransientErrors(response: StubServer.Response) async throws {
        try await StubServer.run(respond: { _, count in count < 3 ? response : .init() }) { server, port in
            try await store(port).write(key("t/a/source"), bytes: sample(1000))
            #expect(server.requests.count == 4)
            #expect(server.requests.allSatisfy { $0.body == sample(1000) })
        }
    }

    /// A store that is full is asked only once: people free space, waiting does not.
    @Test(arguments: [(507, "XMinioStorageFull"), (507, ""), (403, "QuotaExceeded"), (503, "XMinioStorageFull")])
    func reportsAFullStore(status: Int, code: String) async throws {
        try await StubServer.run(respond: { _, _ in .error(status, code) }) { server, port in
            let error = await #expect(throws: PixelFlowError.self) { try await store(port).write(key("t/a/source"), bytes: sample(10)) }
            #expect(error?.code == "insufficient_storage")
            #expect(error?.kind == .insufficientStorage)
            #expect(error?.retry == .outage)
            #expect(server.requests.count == 1)
        }
    }

    @Test func stopsRetryingAtTheDeadline() async throws {
        try await StubServer.run(respond: { _, _ in .error(503, "SlowDown") }) { server, port in
            let error = await #expect(throws: PixelFlowError.self) { try await store(port).write(key("t/a/source"), bytes: sample(10)) }
            #expect(error?.code == "blob_store_unavailable")
            #expect(error?.retry == .outage)
            #expect(server.requests.count == 4)
        }
    }

    @Test(arguments: [
        (403, "InvalidAccessKeyId"), (403, "SignatureDoesNotMatch"), (403, "AccessDenied"), (403, "RequestTimeTooSkewed"),
        (400, "ExpiredToken"), (400, "AuthorizationHeaderMalformed"), (404, "NoSuchBucket"), (301, "PermanentRedirect"), (401, "Odd"),
    ])
    func reportsRefusals(status: Int, code: String) async throws {
        try await StubServer.run(respond: { _, _ in .error(status, code) }) { server, port in
            let store = try store(port)
            for call in [{ try await store.check() }, { try await store.prepare() }, { _ = try await store.keys(key("t")) }] {
                let error = await #expect(throws: PixelFlowError.self) { try await call() }
                #expect(error?.code == "blob_store_refused")
                #expect(error?.retry == .outage)
                #expect(error?.message.contains(code) == true)
                #expect(error.map { !"\($0)".contains("hush") } == true)
            }
            #expect(server.requests.count == 3, "a refusal is asked for again")
        }
    }

    @Test func aRefusalDoesNotOpenTheCircuit() async throws {
        let refuses = Atomic<Bool>(true)
        try await StubServer.run(respond: { _, _ in refuses.load(ordering: .relaxed) ? .error(403, "AccessDenied") : .init(body: "x") }) {
            _, port in
            let store = try store(port)
            for _ in 0..<20 { await #expect(throws: PixelFlowError.self) { try await store.read(key("t/a/source"), range: nil) } }
            refuses.store(false, ordering: .relaxed)
            #expect(try await store.read(key("t/a/source"), range: nil)?.size == 1)
        }
    }

    @Test func opensTheCircuitDuringAnOutage() async throws {
        try await StubServer.run(respond: { _, _ in .error(500, "InternalError") }) { server, port in
            let store = try store(port)
            for _ in 0..<20 { await #expect(throws: PixelFlowError.self) { try await store.read(key("t/a/source"), range: nil) } }
            #expect(server.requests.count == 5)
        }
    }

    @Test func resumesATruncatedBody() async throws {
        try await StubServer.run(respond: { request, count in
            switch count {
            case 0: .init(headers: [("etag", "\"1\"")], body: "01234", declaredLength: 10)
            case 1: .init(status: 206, headers: [("etag", "\"1\""), ("content-range", "bytes 5-9/10")], body: "56", declaredLength: 5)
            default: .init(status: 206, headers: [("etag", "\"1\""), ("content-range", "bytes 7-9/10")], body: "789")
            }
        }) { server, port in
            let read = try await store(port).read(key("t/a/source"), range: nil)?.collect()
            #expect(read == ByteBuffer(string: "0123456789"))
            #expect(server.requests.map { $0.headers.first(name: "range") } == [nil, "bytes=5-9", "bytes=7-9"])
            #expect(server.requests.map { $0.headers.first(name: "if-match") } == [nil, "\"1\"", "\"1\""])
        }
    }

    @Test(arguments: [
        StubServer.Response(headers: [("etag", "\"1\"")], body: "01234", declaredLength: 10), .error(412, "PreconditionFailed"),
        .error(404, "NoSuchKey"),
        .init(status: 206, headers: [("etag", "\"2\""), ("content-range", "bytes 5-9/10")], body: "56789"),
        .init(status: 206, headers: [("etag", "\"1\""), ("content-range", "bytes 0-4/10")], body: "01234"), .init(hangsUp: true),
    ])
    func aTruncatedBodyIsNotAShortObject(next: StubServer.Response) async throws {
        try await StubServer.run(respond: { _, count in
            count == 0 ? .init(headers: [("etag", "\"1\"")], body: "01234", declaredLength: 10) : next
        }) { _, port in
            let blob = try #require(try await store(port).read(key("t/a/source"), range: nil))
            let error = await #expect(throws: PixelFlowError.self) { try await blob.collect() }
            #expect(error?.code == "blob_store_unavailable")
        }
    }

    @Test func detectsAnErrorInASuccessfulResponse() async throws {
        try await StubServer.run(respond: { request, _ in
            if request.method == .POST, request.uri.contains("uploads=") {
                return .init(body: "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
            }
            if request.method == .POST { return .error(200, "InvalidPart") }
            return .init(headers: [("etag", "\"1\"")])
        }) { server, port in
            let big = sample(S3BlobStore.partBytes + 1)
            await #expect(throws: PixelFlowError.self) { try await store(port).write(key("t/a/source"), bytes: big) }
            #expect(server.requests.last?.method == .DELETE, "the parts are removed")
        }
    }

    @Test func deletesOneByOneIfNecessary() async throws {
        let list = "<ListBucketResult><Contents><Key>t/a/1</Key></Contents><Contents><Key>t/a/2</Key></Contents></ListBucketResult>"
        try await StubServer.run(respond: { request, _ in
            switch request.method {
            case .GET: .init(body: list)
            case .POST: .error(501, "NotImplemented")
            default: .init(status: 204)
            }
        }) { server, port in
            let store = try store(port)
            try await store.remove(key("t/a"))
            try await store.remove(key("t/a"))
            #expect(server.requests.filter { $0.method == .POST }.count == 1)
            #expect(Set(server.requests.filter { $0.method == .DELETE }.map(\.uri)) == ["/images/t/a/1", "/images/t/a/2"])
        }
    }

    @Test func aPartialDeletionIsAnError() async throws {
        let list = "<ListBucketResult><Contents><Key>t/a/1</Key></Contents><Contents><Key>t/a/2</Key></Contents></ListBucketResult>"
        let denied = "<DeleteResult><Error><Key>t/a/1</Key><Code>AccessDenied</Code></Error></DeleteResult>"
        try await StubServer.run(respond: { request, _ in .init(body: request.method == .GET ? list : denied) }) { _, port in
            await #expect(throws: PixelFlowError.self) { try await store(port).remove(key("t/a")) }
        }
    }

    @Test func createsTheBucketOnce() async throws {
        let made = Atomic<Bool>(false)
        try await StubServer.run(respond: { request, _ in
            if request.method == .PUT, request.uri == "/images" {
                made.store(true, ordering: .relaxed)
                return .init()
            }
            return made.load(ordering: .relaxed) ? .init(body: "<ListBucketResult/>") : .error(404, "NoSuchBucket")
        }) { server, port in
            let url = "s3://images?endpoint=http://127.0.0.1:\(port)&create_bucket=true&region=eu-west-1"
            let store = S3BlobStore(try stubSettings(port, url: url), logger: Logger(label: "test"))
            #expect(try await store.keys(key("t")) == [])
            try await store.write(key("t/a/source"), bytes: sample(1))
            let creations = server.requests.filter { $0.uri == "/images" && $0.method == .PUT }
            #expect(creations.count == 1)
            #expect(creations.first.map { String(buffer: $0.body).contains("<LocationConstraint>eu-west-1<") } == true)
        }
    }

    /// Two processes start simultaneously: one is told that the bucket exists before it is visible.
    @Test func waitsForABucketBeingCreated() async throws {
        let looks = Atomic<Int>(0)
        try await StubServer.run(respond: { request, _ in
            if request.method == .PUT, request.uri == "/images" { return .error(409, "BucketAlreadyOwnedByYou") }
            return looks.add(1, ordering: .relaxed).newValue > 4 ? .init(body: "<ListBucketResult/>") : .error(404, "NoSuchBucket")
        }) { _, port in
            let url = "s3://images?endpoint=http://127.0.0.1:\(port)&create_bucket=true&region=eu-west-1"
            try await S3BlobStore(try stubSettings(port, url: url), logger: Logger(label: "test")).check()
            #expect(looks.load(ordering: .relaxed) == 5)
        }
    }

    @Test func sendsTheSessionToken() async throws {
        try await StubServer.run(respond: { _, _ in .init() }) { server, port in
            var settings = try stubSettings(port)
            settings.credentials.sessionToken = "token"
            try await S3BlobStore(settings, logger: Logger(label: "test")).write(key("t/a/source"), bytes: sample(1))
            let request = try #require(server.requests.first)
            #expect(request.headers.first(name: "x-amz-security-token") == "token")
            #expect(request.headers.first(name: "authorization")?.contains("x-amz-date;x-amz-security-token") == true)
        }
    }
}
