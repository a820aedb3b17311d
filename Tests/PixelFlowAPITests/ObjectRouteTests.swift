import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import Testing

/// Downloads of outputs and sources.
@Suite struct ObjectRouteTests {
    @Test func anOutputHasAllCacheHeaders() async throws {
        try await withOutput { ada, path in
            let response = try await ada.get(path)
            #expect(response.status == .ok)
            #expect(response.text == "0123456789")
            #expect(response.headers[.contentType] == "image/webp")
            #expect(response.headers[.contentLength] == "10")
            #expect(response.headers[.acceptRanges] == "bytes")
            #expect(response.headers[.cacheControl]?.contains("immutable") == true)
            #expect(response.headers[.contentDisposition] == #"inline; filename="image.webp""#)
            #expect(response.headers[.xContentTypeOptions] == "nosniff")
            let tag = try #require(response.headers[.eTag])
            #expect(try await ada.get(path, headers: [.ifNoneMatch: tag]).status == .notModified)
            #expect(try await ada.get(path, headers: [.ifNoneMatch: #""other""#]).status == .ok)
        }
    }

    @Test func aCachedObjectIsNotModified() async throws {
        try await withOutput { ada, path in
            let tag = try #require(try await ada.get(path).headers[.eTag])
            for known in [tag, "W/" + tag, #""other", \#(tag)"#, "*"] {
                for method in [HTTPRequest.Method.get, .head] {
                    let response = try await ada.send(method, path, headers: [.ifNoneMatch: known, .range: "bytes=0-3"])
                    #expect(response.status == .notModified, "\(known)")
                    #expect(response.headers[.eTag] == tag)
                    #expect(response.headers[.cacheControl]?.contains("immutable") == true)
                    #expect(response.body.readableBytes == 0)
                }
            }
            // A different tag must not match as a substring.
            #expect(try await ada.get(path, headers: [.ifNoneMatch: #""x\#(tag.dropFirst())"#]).status == .ok)
            #expect(try await ada.get(path, headers: [.ifMatch: tag]).status == .ok)
            let other = try await ada.get(path, headers: [.ifMatch: #""other""#, .ifNoneMatch: tag])
            #expect(other.status == .preconditionFailed)
            #expect(other.code == "precondition_failed")
        }
    }

    @Test func aCachedSourceIsNotModified() async throws {
        try await APIHarness().run { ada, _ in
            let path = "/api/tasks/\(try await ada.task(image: "0123456789"))/source"
            let tag = try #require(try await ada.get(path).headers[.eTag])
            #expect(try await ada.get(path, headers: [.ifNoneMatch: "W/" + tag]).status == .notModified)
            #expect(try await ada.get(path, headers: [.range: "bytes=-2"]).text == "89")
            #expect(try await ada.get(path, headers: [.range: "bytes=10-"]).headers[.contentRange] == "bytes */10")
        }
    }

    @Test func headReturnsHeadersOnly() async throws {
        try await withOutput { ada, path in
            let response = try await ada.send(.head, path)
            #expect(response.status == .ok)
            #expect(response.headers[.contentLength] == "10")
            #expect(response.body.readableBytes == 0)
        }
    }

    @Test func aDownloadIsAnAttachment() async throws {
        try await withOutput { ada, path in
            let response = try await ada.get(path + "?download")
            #expect(response.headers[.contentDisposition]?.hasPrefix("attachment") == true)
        }
    }

    @Test(arguments: [
        ("bytes=0-3", "0123", "bytes 0-3/10"), ("bytes=7-", "789", "bytes 7-9/10"), ("bytes=-4", "6789", "bytes 6-9/10"),
        ("bytes=5-999", "56789", "bytes 5-9/10"), ("bytes=-999", "0123456789", "bytes 0-9/10"),
        ("bytes=9-9223372036854775807", "9", "bytes 9-9/10"),
    ])
    func aRangeReturnsAPart(_ range: String, _ bytes: String, _ contentRange: String) async throws {
        try await withOutput { ada, path in
            let response = try await ada.get(path, headers: [.range: range])
            #expect(response.status == .partialContent)
            #expect(response.text == bytes)
            #expect(response.headers[.contentRange] == contentRange)
            let whole = try await ada.get(path)
            for name in [HTTPField.Name.eTag, .contentType, .cacheControl, .acceptRanges, .contentDisposition] {
                #expect(response.headers[name] == whole.headers[name])
            }
            let tag = try #require(whole.headers[.eTag])
            #expect(try await ada.get(path, headers: [.range: range, .ifRange: tag]).text == bytes)
            #expect(try await ada.get(path, headers: [.range: range, .ifRange: "W/" + tag]).text == "0123456789")
        }
    }

    @Test(arguments: ["bytes=3-1", "lines=0-1", "bytes=a-b", "bytes=0-1,3-4", "bytes=-"])
    func anInvalidRangeIsIgnored(_ range: String) async throws {
        try await withOutput { ada, path in
            let response = try await ada.get(path, headers: [.range: range])
            #expect(response.status == .ok)
            #expect(response.text == "0123456789")
        }
    }

    @Test(arguments: ["bytes=10-", "bytes=-0"])
    func aRangeBeyondTheEndIsRefused(_ range: String) async throws {
        try await withOutput { ada, path in
            let response = try await ada.get(path, headers: [.range: range])
            #expect(response.status == .rangeNotSatisfiable)
            #expect(response.code == "range_not_satisfiable")
            #expect(response.headers[.contentRange] == "bytes */10")
            #expect(response.headers[.acceptRanges] == "bytes")
            #expect(response.headers[.eTag] == (try await ada.get(path).headers[.eTag]))
            // Cached under the address of the object, it would hide the object.
            #expect(response.headers[.cacheControl] == "no-store")
            #expect(try await ada.get(path, headers: [.range: range, .ifRange: #""older""#]).status == .ok)
            #expect(try await ada.send(.head, path, headers: [.range: range]).status == .ok)
        }
    }

    @Test func aRangeOfAnotherVersionReturnsEverything() async throws {
        try await withOutput { ada, path in
            let response = try await ada.get(path, headers: [.range: "bytes=0-3", .ifRange: #""older""#])
            #expect(response.status == .ok)
            #expect(response.text == "0123456789")
        }
    }

    @Test func aSourceIsShownOnlyOnceItIsKnownToBeAnImage() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            // Browsers must not execute uploaded content.
            let id = try TaskID(#require(try await ada.post(image: "<script>", type: "image/svg+xml").object()["id"] as? String))
            let early = try await ada.get("/api/tasks/\(id)/source")
            #expect(early.text == "<script>")
            #expect(early.headers[.contentType] == "application/octet-stream")
            #expect(early.headers[.contentDisposition]?.hasPrefix("attachment") == true)
            try await harness.complete(id)
            let later = try await ada.get("/api/tasks/\(id)/source")
            #expect(later.headers[.contentType] == "image/png")
        }
    }

    @Test func aMissingOutputIsNotFound() async throws {
        try await APIHarness().run { ada, _ in
            let id = try await ada.task()
            #expect(try await ada.get("/api/tasks/\(id)/outputs/image").status == .notFound)
            let url = try await ada.post(json: #"{"image_url":"http://a.org/"}"#).taskID()
            #expect(try await ada.get("/api/tasks/\(url)/source").status == .notFound)
        }
    }

    private func withOutput(_ test: @Sendable (APIClient, String) async throws -> Void) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            try await harness.complete(id)
            try await test(ada, "/api/tasks/\(id)/outputs/image")
        }
    }
}
