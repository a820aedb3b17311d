import Foundation
import PixelFlowClient
import PixelFlowCore
import RawHTTP
import Testing

extension EndToEnd {
    /// URLs that do not work, or that are not allowed.
    @Suite struct SourceURLTests {
        /// Permanent failures fail immediately; transient ones are retried.
        private struct Case {
            var url: String
            var codes: Set<String>
            var isTriedAgain = false
        }

        @Test func unfetchableURLsFailWithTheirCodes() async throws {
            try await SourceServer.run(Self.respond) { server in
                let settings = [
                    "PIXELFLOW_FETCH_ALLOW_NETWORKS": "127.0.0.1/32", "PIXELFLOW_FETCH_ALLOW_PORTS": "1,80,\(server.port)",
                    "PIXELFLOW_MAX_SOURCE_BYTES": "\(1 << 20)",
                ]
                try await LiveService.run(settings) { service in
                    let ada = try await Person.signedIn(to: service)
                    let cases = [
                        Case(url: "http://127.0.0.2/a.jpg", codes: ["address_blocked"]),
                        Case(url: "http://10.0.0.1/a.jpg", codes: ["address_blocked"]),
                        Case(url: "http://169.254.169.254/latest/meta-data", codes: ["address_blocked"]),
                        Case(url: "http://[::1]/a.jpg", codes: ["address_blocked"]),
                        Case(url: "http://[::ffff:10.0.0.1]/a.jpg", codes: ["address_blocked"]),
                        Case(url: server.url("/to-private"), codes: ["address_blocked"]),
                        Case(url: server.url("/to-file"), codes: ["url_invalid"]),
                        Case(url: server.url("/for-ever"), codes: ["too_many_redirects"]),
                        Case(url: server.url("/missing"), codes: ["source_not_found"]),
                        Case(url: server.url("/forbidden"), codes: ["source_refused"]),
                        Case(url: server.url("/text"), codes: ["not_an_image", "unsupported_format"]),
                        Case(url: server.url("/endless"), codes: ["source_too_large"]),
                        Case(url: server.url("/broken"), codes: ["source_unavailable"], isTriedAgain: true),
                        Case(url: server.url("/slow"), codes: ["source_timeout"], isTriedAgain: true),
                        Case(url: "http://nothing.invalid/a.jpg", codes: ["name_not_resolved"]),
                        Case(url: "http://127.0.0.1:1/a.jpg", codes: ["source_unreachable"], isTriedAgain: true),
                    ]
                    try await withThrowingTaskGroup { group in
                        for one in cases { group.addTask { try await check(one, ada) } }
                        try await group.waitForAll()
                    }
                }
            }
        }

        /// A URL that can never be fetched is rejected with the upload, and nothing is stored.
        @Test func urlsThatCannotBeFetchedAreRefusedImmediately() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let urls = [
                    "http://ho st/", "http://host/\u{1}", "http://host/a.jpg\n", "http://a..b/", "http://-a/", "http://[::g]/",
                    "http://256.1.1.1/",
                    "http://user:secret@host/", "http://xn--a/", "http://a\u{200D}b/", "ftp://host/", "http://host:8080/a.jpg",
                    "https://host:22/",
                ]
                for url in urls {
                    let problem = try await #require(throws: Problem.self) { try await ada.upload(url: url) }
                    #expect(problem.status == 422, "\(url): \(problem)")
                    #expect(problem.field == "image_url", "\(url): \(problem)")
                }
                #expect(try await ada.client.list().isEmpty)
            }
        }

        @Sendable private func check(_ one: Case, _ person: Person) async throws {
            let id = try await person.upload(url: one.url).id
            guard one.isTriedAgain else {
                let task = try await person.final(id)
                #expect(task.status == .failed, "\(one.url)")
                #expect(one.codes.contains(task.error?.code ?? ""), "\(one.url): \(task.error?.code ?? "")")
                #expect(task.attempts == 1, "\(one.url)")
                return
            }
            // Ten attempts take minutes; the first one is sufficient.
            let task = try await person.wait(for: id, "a first failure of \(one.url)") { $0.error != nil }
            #expect(!task.status.isFinal, "\(one.url)")
            #expect(one.codes.contains(task.error?.code ?? ""), "\(one.url): \(task.error?.code ?? "")")
        }

        private static let respond: @Sendable (String) -> SourceServer.Response = { path in
            switch path {
            case "/to-private": .redirect(to: "http://10.0.0.1/a.jpg")
            case "/to-file": .redirect(to: "file:///etc/passwd")
            case "/for-ever": .redirect(to: "/for-ever")
            case "/forbidden": .status("403 Forbidden")
            case "/text": .ok(Data("no image".utf8))
            case "/endless": .init(bytes: Data("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8), ending: .endless)
            case "/broken": .status("503 Service Unavailable")
            case "/slow": .init(bytes: Data("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx".utf8), ending: .noReply)
            default: .status("404 Not Found")
            }
        }
    }
}
