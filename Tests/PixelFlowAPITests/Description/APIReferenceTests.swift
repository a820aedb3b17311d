import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowAPI
import PixelFlowAuth
import PixelFlowHTTP
import Testing
import WireFormats

/// docs/api.md and docs/openapi match the declarations of the routes. `scripts/docs` updates them.
@Suite struct APIReferenceTests {
    private let docs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs").standardizedFileURL
    private let environment = ProcessInfo.processInfo.environment

    @Test func theReferenceIsCurrent() async throws {
        let (auth, api) = try await descriptions()
        let text = APIReference(services: [("auth, port 50051", auth), ("api, port 8080", api)]).text
        let page = docs.appending(path: "api.md")
        if environment["PIXELFLOW_RENEW_TABLES"] != nil {
            try text.write(to: page, atomically: true, encoding: .utf8)
        } else {
            #expect(try String(contentsOf: page, encoding: .utf8) == text, "docs/api.md is not what the routes declare: run `make docs`")
        }
    }

    /// A client of the last release works with this one, except for the changes listed in docs/compatibility.md.
    @Test func everyBreakingChangeIsListed() async throws {
        let (auth, api) = try await descriptions()
        let list = try String(contentsOf: docs.appending(path: "compatibility.md"), encoding: .utf8)
        for (name, description) in [("auth", auth), ("api", api)] {
            let file = docs.appending(path: "openapi/\(name).json")
            if environment["PIXELFLOW_RELEASE_DESCRIPTION"] != nil {
                try (description.text(pretty: true) + "\n").write(to: file, atomically: true, encoding: .utf8)
            }
            let released = try JSONValue(parsing: Data(contentsOf: file))
            let unlisted = BreakingChanges.between(released, description).filter { !list.contains("`\(name): \($0)`") }
            #expect(unlisted == [], "breaks clients of the last release")
        }
    }

    private func descriptions() async throws -> (auth: JSONValue, api: JSONValue) {
        let harness = try await APIHarness()
        return (try await description(harness.auth.router()), try await description(harness.service.router()))
    }

    private func description(_ router: Router<AppRequestContext>) async throws -> JSONValue {
        try await Application(router: router).test(.router) { client in
            try JSONValue(parsing: try await client.execute(uri: "/openapi.json", method: .get).body.readableBytesView)
        }
    }
}
