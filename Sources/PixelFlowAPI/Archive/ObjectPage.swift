import OpenAPI
import WireFormats

/// The objects of some tasks, for a backup.
struct ObjectPage: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "ArchivedObjects"
    static let annotations: [String: SchemaAnnotation] = [
        "objects": "Of 100 tasks.", "next_after": "For the next page, as `after`; absent on the last one.",
    ]

    let objects: [Object]
    let nextAfter: String?

    enum CodingKeys: String, CodingKey {
        case objects
        case nextAfter = "next_after"
    }

    struct Object: Codable, Sendable, SchemaNamed, SchemaAnnotated {
        static let schemaName = "ArchivedObject"
        static let annotations: [String: SchemaAnnotation] = [
            "key": "Its name in the store.", "bytes": .init("Its size; absent unless it was asked for.", ["minimum": 0]),
        ]

        let key: String
        let bytes: Int?
    }
}
