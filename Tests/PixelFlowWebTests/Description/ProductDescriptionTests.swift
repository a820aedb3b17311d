import Testing
import WireFormats

@testable import PixelFlowWeb

/// The descriptions of web, auth and api are merged into one.
@Suite struct ProductDescriptionTests {
    private static let own = document(
        ["/session": ["get": operation("getSession", tag: "session")]], tags: ["session", "service"])
    private static let auth = document(
        [
            "/login": ["post": operation("login", tag: "accounts")],
            "/validate": ["get": operation("validate", tag: "accounts", isOpen: false)],
            "/metrics": ["get": operation("authMetrics", tag: "service")],
        ], tags: ["accounts", "service"], schemas: ["Problem": ["type": "object"], "Token": ["type": "string"]])
    private static let api = document(
        [
            "/api/tasks/{id}": ["get": operation("getTask", tag: "tasks", isOpen: false)],
            "/health": ["get": operation("apiHealth", tag: "service")],
        ], tags: ["tasks", "service"], schemas: ["Problem": ["type": "object"], "Task": ["type": "object"]])

    private static func merged(own: JSONValue = own, auth: JSONValue = auth, api: JSONValue = api) throws(DescriptionClashError)
        -> JSONValue
    {
        try ProductDescription.json(own, [.auth(auth), .api(api)])
    }

    @Test func containsExactlyTheForwardedPaths() throws {
        let paths = try #require(try Self.merged()["paths"]?.objectValue)
        #expect(Set(paths.keys) == ["/session", "/auth/login", "/auth/validate", "/api/tasks/{id}"])
        #expect(paths["/auth/login"]?["post"]?["operationId"] == "login")
    }

    @Test func containsTheComponentsOfAllServices() throws {
        let schemas = try Self.merged()["components"]?["schemas"]?.objectValue
        #expect(schemas.map { Set($0.keys) } == ["Problem", "Token", "Task"])
    }

    @Test func containsEachUsedTagOnce() throws {
        let merged = try Self.merged()
        #expect(merged["tags"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["session", "accounts", "tasks"])
        #expect(merged["servers"] == [["url": "/"]])
        #expect(merged["info"] == Self.own["info"])
    }

    @Test func aTokenOrASessionSuffices() throws {
        let merged = try Self.merged()
        let schemes = try #require(merged["components"]?["securitySchemes"]?.objectValue)
        #expect(Set(schemes.keys) == ["bearer", "session", "secureSession"])
        #expect(schemes["session"]?["name"] == "pixelflow_session")
        #expect(merged["paths"]?["/auth/validate"]?["get"]?["security"] == [["bearer": []], ["session": []], ["secureSession": []]])
        #expect(merged["paths"]?["/auth/login"]?["post"]?["security"] == [])
    }

    @Test func requestsWithASessionCanNameTheirOrganisation() throws {
        let merged = try Self.merged()
        let validate = merged["paths"]?["/auth/validate"]?["get"]
        #expect(validate?["parameters"] == [["$ref": "#/components/parameters/SessionOrganisation"]])
        #expect(merged["components"]?["parameters"]?["SessionOrganisation"]?["in"] == "header")
        #expect(Self.codes(validate?["responses"]?["409"]) == ["organisation_changed"])
        let login = merged["paths"]?["/auth/login"]?["post"]
        #expect(login?["parameters"] == nil)
        #expect(login?["responses"]?["409"] == nil)
    }

    @Test func describesTheProblemsOfWeb() throws {
        let merged = try Self.merged()
        let login = merged["paths"]?["/auth/login"]?["post"]?["responses"]
        #expect(Self.codes(login?["403"]) == ["cross_site_request"])
        #expect(login?["403"]?["headers"]?["x-request-id"]?["required"] == true)
        #expect(login?["404"] == nil)
        let task = merged["paths"]?["/api/tasks/{id}"]?["get"]?["responses"]
        #expect(Self.codes(task?["404"]) == ["route_not_found"])
        // Components that operations share remain shared.
        #expect(task?["503"] == ["$ref": "#/components/responses/WebStoppingOrApiUnavailable"])
        let shared = merged["components"]?["responses"]
        #expect(Self.codes(shared?["WebStoppingOrApiUnavailable"]) == ["api_unavailable", "stopping"])
        #expect(Self.codes(shared?["Stopping"]) == ["stopping"])
    }

    @Test func aProblemOfAServiceIsNotAddedAgain() throws {
        var api = Self.api
        let response = Self.problem(["api_unavailable", "stopping"])
        api["components"]?["responses"]?["Stopping"] = response
        var own = Self.own
        own["components"]?["responses"]?["Stopping"] = response
        var auth = Self.auth
        auth["components"]?["responses"]?["Stopping"] = response
        let merged = try Self.merged(own: own, auth: auth, api: api)
        #expect(
            merged["paths"]?["/api/tasks/{id}"]?["get"]?["responses"]?["503"] == ["$ref": "#/components/responses/Stopping"])
    }

    @Test func refusesConflictingDescriptions() {
        var other = Self.api
        other["components"]?["schemas"]?["Problem"] = ["type": "string"]
        #expect(throws: DescriptionClashError.component("schemas/Problem")) { try Self.merged(api: other) }
        other = Self.api
        other["components"]?["responses"]?["Stopping"] = Self.problem(["gone"])
        #expect(throws: DescriptionClashError.component("responses/Stopping")) { try Self.merged(api: other) }
        other = Self.api
        other["paths"]?["/api/tasks/{id}"]?["get"]?["operationId"] = "login"
        #expect(throws: DescriptionClashError.operation(id: "login")) { try Self.merged(api: other) }
        #expect(throws: DescriptionClashError.noPaths("auth")) { try Self.merged(auth: ["code": "not_found"]) }
        var own = Self.own
        own["paths"]?["/auth/login"] = ["get": Self.operation("ownLogin", tag: "session")]
        #expect(throws: DescriptionClashError.path("/auth/login")) { try Self.merged(own: own) }
    }

    // MARK: Small descriptions

    private static func document(_ paths: JSONValue, tags: [String], schemas: JSONValue = [:]) -> JSONValue {
        [
            "openapi": "3.1.0", "info": ["title": .string(tags.joined(separator: " ")), "version": "1"], "paths": paths,
            "servers": [["url": "/elsewhere"]],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "components": [
                "schemas": schemas, "responses": ["Stopping": problem(["stopping"])], "securitySchemes": ["bearer": ["type": "http"]],
            ],
        ]
    }

    private static func operation(_ id: String, tag: String, isOpen: Bool = true) -> JSONValue {
        [
            "operationId": .string(id), "tags": [.string(tag)], "security": isOpen ? [] : [["bearer": []]],
            "responses": ["200": ["description": "Done."], "503": ["$ref": "#/components/responses/Stopping"]],
        ]
    }

    private static func problem(_ codes: [JSONValue]) -> JSONValue {
        let code: JSONValue = ["type": "object", "properties": ["code": ["type": "string", "enum": .array(codes)]]]
        return [
            "description": "A problem.",
            "content": ["application/problem+json": ["schema": ["allOf": [["$ref": "#/components/schemas/Problem"], code]]]],
        ]
    }

    private static func codes(_ response: JSONValue?) -> [String]? {
        response?["content"]?["application/problem+json"]?["schema"]?["allOf"]?[1]?["properties"]?["code"]?["enum"]?.arrayValue?
            .compactMap(\.stringValue)
    }
}
