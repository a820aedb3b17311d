import Conformance
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowAPI
import Testing
import WireFormats

/// The description of api as served.
@Suite struct DescriptionTests {
    private func description(_ ada: APIClient) async throws -> JSONValue {
        let response = try await ada.get("/openapi.json")
        #expect(response.status == .ok)
        return try JSONValue(parsing: response.body.readableBytesView)
    }

    @Test func everyPartHasADescription() async throws {
        try await APIHarness().run { ada, _ in
            let description = APIDescription(try await description(ada))
            #expect(description.faults == [])
        }
    }

    @Test func descriptionMatchesTheRoutes() async throws {
        let harness = try await APIHarness()
        let known = Set(harness.service.router().routes.map(\.path.description))
        try await harness.run { ada, _ in
            let description = APIDescription(try await description(ada))
            #expect(description.paths == known)
            for path in known {
                let described = description.methods(of: path)
                for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] where !described.contains(method) {
                    let response = try await ada.send(
                        try #require(.init(method)), path.replacing("{id}", with: "0").replacing("{name}", with: "a"))
                    #expect(response.status == .methodNotAllowed, "\(method) \(path)")
                    let allowed = Set(try #require(response.headers[.allow]).split(separator: ", ").map(String.init))
                    #expect(allowed.subtracting(["HEAD"]) == described, "\(path)")
                }
            }
        }
    }

    @Test func cachedDescriptionIsNotModified() async throws {
        try await APIHarness().run { ada, _ in
            let tag = try #require(try await ada.get("/openapi.json").headers[.eTag])
            #expect(try await ada.get("/openapi.json", headers: [.ifNoneMatch: tag]).status == .notModified)
        }
    }

    /// Ranges and defaults of operations match their declarations.
    @Test func thePipelineIsDescribedByItsOperations() async throws {
        try await APIHarness().run { ada, _ in
            let pipeline = try await description(ada)["components"]?["schemas"]?["Pipeline"]
            let operations = pipeline?["properties"]?["outputs"]?["items"]?["properties"]?["operations"]?["items"]?["oneOf"]?.arrayValue
            let blur = try #require(operations?.first { $0["properties"]?["op"] == ["const": "blur"] })
            #expect(blur["properties"]?["sigma"]?["minimum"] == 0.3)
            #expect(blur["properties"]?["sigma"]?["default"] == 1)
            #expect(blur["additionalProperties"] == false)
        }
    }
}
