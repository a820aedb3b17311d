import OpenAPI
import WireFormats

/// What a list of the api consists of.
protocol ListedView: Codable, Sendable {
    /// Of the list in a page.
    static var listName: String { get }
    /// Of a page in the description of the api.
    static var pageSchemaName: String { get }
}

/// A page of a list: `{"batches":[…],"next_cursor":…}`.
struct CursorPage<Item: ListedView>: Codable, SchemaNamed, SchemaAnnotated {
    static var schemaName: String { Item.pageSchemaName }
    static var annotations: [String: SchemaAnnotation] {
        [
            Item.listName: "At most `limit`.",
            Key.nextCursor.stringValue: .init("The `cursor` of the next page; null on the last one.", ["type": ["string", "null"]]),
        ]
    }

    let items: [Item]
    let nextCursor: String?

    /// - Parameters:
    ///   - found: one more than `limit`, if there is a next page.
    ///   - cursor: of the last one on the page.
    init<Found>(_ found: [Found], limit: Int, view: (Found) -> Item, cursor: (Found) -> String) {
        let page = found.prefix(limit)
        items = page.map(view)
        nextCursor = found.count > limit ? page.last.map(cursor) : nil
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        items = try fields.decode([Item].self, forKey: .items)
        nextCursor = try fields.decodeIfPresent(String.self, forKey: .nextCursor)
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(items, forKey: .items)
        try fields.encode(nextCursor, forKey: .nextCursor)
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }

        static var items: Key { Key(stringValue: Item.listName) }
        static var nextCursor: Key { Key(stringValue: "next_cursor") }
    }
}
