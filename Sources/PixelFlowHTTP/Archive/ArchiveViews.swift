import OpenAPI
import PixelFlowCore
import PixelFlowRelease
import WireFormats

/// A service's description of its stored rows.
struct ArchiveView: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Archive"
    static let annotations: [String: SchemaAnnotation] = [
        "form": "The format of the rows. They can be restored only into the same format.",
        "release": "The release of the service.", "rows": .init("How many there are.", ["minimum": 0]),
        "is_empty": "Whether a backup can be restored into it.", "restoring": "The backup that is being restored; absent if none is.",
    ]

    let form: Form
    let release: String
    let rows: Int
    let isEmpty: Bool
    let restoring: String?

    enum CodingKeys: String, CodingKey {
        case form, release, rows, restoring
        case isEmpty = "is_empty"
    }

    struct Form: Codable, Sendable, SchemaNamed, SchemaAnnotated {
        static let schemaName = "ArchiveForm"
        static let annotations: [String: SchemaAnnotation] = [
            "name": "The kind of store.", "schema": .init("Grows with every change of the tables or documents.", ["minimum": 1]),
        ]

        let name: String
        let schema: Int
    }

    init(_ state: ArchiveState, form: ArchiveForm) {
        self.form = Form(name: form.name, schema: form.schema)
        release = Release.version
        rows = state.rows
        isEmpty = state.isEmpty
        restoring = state.restoring
    }
}
