import HTTPTypes
import OpenAPI
import PixelFlowHTTP
import WireFormats

/// A problem that web itself responds with in front of a service that does not describe it.
struct AddedProblem {
    let status: HTTPResponse.Status
    let code: String
    let text: String

    static let crossSite = AddedProblem(status: .forbidden, code: "cross_site_request", text: "The request comes from another site.")
    static let malformedPath = AddedProblem(
        status: .notFound, code: "route_not_found", text: "The path is not in canonical form.")

    static let organisationChanged = AddedProblem(
        status: .conflict, code: OrganisationGuard.code, text: "The session is in another organisation than `PixelFlow-Organisation` names."
    )

    static func unavailable(_ service: String) -> AddedProblem {
        AddedProblem(status: .serviceUnavailable, code: "\(service)_unavailable", text: "The \(service) service does not respond.")
    }

    private static let mediaType = "application/problem+json"

    /// Adds this code to the codes of a response; returns the response unchanged if it already has it.
    func added(to response: JSONValue?) -> JSONValue {
        guard let response else { return alone }
        let content = response["content"]?.objectValue ?? [:]
        let parts = content[Self.mediaType]?["schema"]?["allOf"]?.arrayValue ?? []
        let codes = parts.lazy.compactMap { $0["properties"]?["code"]?["enum"]?.arrayValue }.first ?? []
        guard !codes.contains(.string(code)) else { return response }
        var extended = response
        let text = [response["description"]?.stringValue, line].compactMap { $0 }.joined(separator: "\n\n")
        extended["description"] = .string(text)
        extended["content"] = .object(content.merging([Self.mediaType: ["schema": schema(codes + [.string(code)])]]) { $1 })
        return extended
    }

    private var line: String { "`\(code)`: \(text)" }

    private var alone: JSONValue {
        let header = HeaderDescription.requestID
        return [
            "description": .string(line),
            "content": [Self.mediaType: ["schema": schema([.string(code)])]],
            "headers": [
                header.name: [
                    "schema": header.schema.json, "description": .string(header.text), "required": .bool(header.isRequired),
                ]
            ],
        ]
    }

    private func schema(_ codes: [JSONValue]) -> JSONValue {
        let sorted = codes.compactMap(\.stringValue).sorted()
        return JSONSchema.all(of: [.component("Problem"), .object(["code": .choice(sorted)])]).json
    }
}
