package import FoundationEssentials
package import PixelFlowClient
package import Terminal

/// A column of a list, and its text for an item. Each executable chooses its columns.
package struct ListColumn<Item: Sendable>: Sendable {
    package let column: Table.Column
    package let text: @Sendable (_ item: Item, _ now: Date) -> Text

    package init(_ column: Table.Column, _ text: @escaping @Sendable (_ item: Item, _ now: Date) -> Text) {
        self.column = column
        self.text = text
    }
}

/// What a list prints of an object of the service.
package protocol ListItem: Sendable {
    /// For `-o name`, such as `task/ID`.
    var reference: String { get }
    var json: JSONValue { get }
}

extension Document {
    /// Items, one per line.
    package static func list<Item: ListItem>(
        _ noun: String, _ items: [Item], _ columns: [ListColumn<Item>], now: Date, absence: String? = nil
    ) -> Document {
        .list(
            noun, items.map(\.json), names: items.map(\.reference), columns: columns.map(\.column),
            rows: items.map { item in columns.map { $0.text(item, now) } }, absence: absence)
    }
}
