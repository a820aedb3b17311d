import Testing
import WireFormats

@Suite struct BreakingChangesTests {
    private static let base: JSONValue = [
        "paths": [
            "/things": [
                "post": [
                    "parameters": [
                        ["name": "limit", "in": "query", "schema": ["type": "integer", "minimum": 1, "maximum": 200, "default": 50]]
                    ],
                    "requestBody": ["content": ["application/json": ["schema": ["$ref": "#/components/schemas/Order"]]]],
                    "responses": [
                        "200": [
                            "headers": ["etag": [:]], "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Thing"]]],
                        ], "404": [:],
                    ], "security": [],
                ]
            ]
        ],
        "components": [
            "schemas": [
                "Order": ["type": "object", "properties": ["color": ["type": "string", "enum": ["red", "blue"]]]],
                "Thing": ["type": "object", "required": ["id"], "properties": ["id": ["type": "string"], "size": ["type": "integer"]]],
            ]
        ],
    ]

    /// Replaces a value at a path of keys; nil removes it.
    private static func changed(_ path: [String], _ value: JSONValue?, in json: JSONValue = base) -> JSONValue {
        var json = json
        let rest = Array(path.dropFirst())
        json[path[0]] = rest.isEmpty ? value : changed(rest, value, in: json[path[0]] ?? [:])
        return json
    }

    private static func nullable(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    private static let post = ["paths", "/things", "post"]
    private static let order = ["components", "schemas", "Order"]
    private static let thing = ["components", "schemas", "Thing"]

    @Test(arguments: [
        (changed(["paths", "/things"], nil), "POST /things is gone"),
        (changed(post + ["parameters"], []), "POST /things: parameter limit is gone"),
        (changed(post + ["requestBody", "content", "application/json"], nil), "POST /things: a body of application/json is not accepted"),
        (changed(post + ["responses", "200"], nil), "POST /things: 200 is gone"),
        (changed(post + ["responses", "200", "headers", "etag"], nil), "POST /things: 200 without etag"),
        (changed(post + ["security"], [["bearer": [], "x": []]]), "POST /things needs a token"),
        (changed(order + ["required"], ["color"]), "POST /things: body.color is required"),
        (changed(order + ["properties", "color", "enum"], ["red"]), "POST /things: body.color does not take blue"),
        (changed(thing + ["properties", "size"], nil), "POST /things: 200.size is gone"),
        (changed(thing + ["properties", "size", "type"], "string"), "POST /things: 200.size has another type"),
        (changed(thing + ["required"], []), "POST /things: 200.id may be absent"),
        (changed(thing + ["properties", "size", "type"], ["integer", "null"]), "POST /things: 200.size has another type"),
        (
            changed(order + ["properties", "color"], nullable(["type": "string", "enum": ["red"]])),
            "POST /things: body.color does not take blue"
        ),
    ])
    func breakingChangesAreFound(new: JSONValue, change: String) {
        #expect(BreakingChanges.between(Self.base, new) == [change])
    }

    @Test(
        arguments: [
            (["minimum": 2], "narrower minimum"), (["maximum": 100], "narrower maximum"), (["default": 20], "another default"),
        ] as [([String: Int], String)])
    func narrowerParametersAreBreaking(keywords: [String: Int], change: String) {
        let schema = keywords.reduce(["type": "integer", "minimum": 1, "maximum": 200, "default": 50] as JSONValue) {
            Self.changed([$1.key], .integer($1.value), in: $0)
        }
        let new = Self.changed(Self.post + ["parameters"], [["name": "limit", "in": "query", "schema": schema]])
        #expect(BreakingChanges.between(Self.base, new) == ["POST /things: limit has a \(change)".replacing("a another", with: "another")])
    }

    @Test(arguments: [
        changed(["paths", "/others"], ["get": [:]]), changed(post + ["responses", "409"], [:]), changed(post + ["responses", "404"], nil),
        changed(thing + ["properties", "shape"], ["type": "string"]), changed(thing + ["required"], ["id", "size"]),
        changed(order + ["properties", "size"], ["type": "integer"]),
        changed(order + ["properties", "color"], nullable(["type": "string", "enum": ["red", "blue"]])),
        changed(order + ["properties", "color", "type"], ["string", "null"]),
        changed(order + ["properties", "color", "enum"], ["red", "blue", "green"]), base,
    ])
    func compatibleChangesAreAllowed(new: JSONValue) {
        #expect(BreakingChanges.between(Self.base, new) == [])
    }
}
