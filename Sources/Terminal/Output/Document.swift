package import ArgumentParser
package import WireFormats
import Yams

/// Everything that a command prints to stdout, both as text and as data. Only `DocumentRenderer`
/// formats it.
package struct Document: Sendable {
    package enum Block: Sendable, Hashable {
        /// Sentences, which are wrapped on a narrow terminal.
        case lines([Text])
        /// Lines that are printed unchanged, such as those of a file.
        case verbatim(String)
        case table(Table)
        /// Lines with names to copy, such as those of files: neither shortened nor wrapped.
        case unwrapped([Text])
        /// Names with values, one per line.
        case fields([Field])
    }

    package struct Field: Sendable, Hashable {
        package var name: String
        package var value: Text

        package init(_ name: String, _ value: Text) {
            self.name = name
            self.value = value
        }
    }

    /// For `-o table` and `wide`, separated by blank lines.
    package var blocks: [Block]
    /// For `-o json` and `yaml`.
    package var data: JSONValue
    /// For `-o name`, such as `deployment.apps/pixelflow-api`.
    package var names: [String]

    package init(_ blocks: [Block], data: JSONValue, names: [String] = []) {
        self.blocks = blocks
        self.data = data
        self.names = names
    }

    /// One sentence about one object, the typical output of a change.
    package static func message(_ text: Text, data: JSONValue, names: [String] = []) -> Document {
        Document([.lines([text])], data: data, names: names)
    }

    /// Items listed by a service, one per line; says so if there are none.
    ///
    /// - Parameters:
    ///   - noun: the name of the items in messages, and of the list in the data.
    ///   - absence: printed if there are none.
    package static func list(
        _ noun: String, _ data: [JSONValue], names: [String], columns: [Table.Column], rows: [[Text]], absence: String? = nil
    ) -> Document {
        let block =
            rows.isEmpty
            ? Block.lines([Text(absence ?? "no \(noun)", .faint)]) : .table(Table(columns: columns, rows: rows.map { .init($0) }))
        return Document([block], data: .object([noun: .array(data)]), names: names)
    }
}

/// Formats documents as text.
package struct DocumentRenderer: Sendable {
    package let format: OutputFormat
    /// The width of the terminal; nil in a pipe, where nothing is shortened.
    package let width: Int?
    package let palette: Palette

    package init(format: OutputFormat, width: Int?, palette: Palette) {
        self.format = format
        self.width = width
        self.palette = palette
    }

    /// Ends with a newline, unless it is empty.
    package func render(_ document: Document) -> String {
        switch format {
        case .json: return document.data.text(pretty: true) + "\n"
        case .yaml: return YAMLText.text(of: document.data)
        case .name: return document.names.map { $0 + "\n" }.joined()
        case .table, .wide:
            let blocks = document.blocks.map(lines).filter { !$0.isEmpty }
            return blocks.map { $0.map { palette.render($0) + "\n" }.joined() }.joined(separator: "\n")
        }
    }

    private func lines(_ block: Document.Block) -> [Text] {
        switch block {
        case .lines(let lines): lines.flatMap { wrapped($0) }
        case .unwrapped(let lines): lines
        case .verbatim(let text): text.split(separator: "\n").map { Text(String($0)) }
        case .table(let table): TableLayout(table: table, isWide: format == .wide, width: format == .wide ? nil : width).lines()
        case .fields(let fields): lines(fields)
        }
    }

    private func lines(_ fields: [Document.Field]) -> [Text] {
        let longest = fields.map(\.name.count).max() ?? 0
        return fields.flatMap { field in
            let name = Text(field.name + ":", .faint) + Text(String(repeating: " ", count: longest - field.name.count + 1))
            return wrapped(name + field.value, indent: name.width)
        }
    }

    /// - Parameter indent: Of continuation lines.
    private func wrapped(_ line: Text, indent: Int? = nil) -> [Text] {
        guard format != .wide, let width else { return [line] }
        return line.wrapped(to: width, indent: indent)
    }
}

/// The values of `-o`.
package enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    case table, wide, json, yaml, name
}

/// The values of `--color`.
package enum ColorChoice: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// Use colours if stdout is a terminal and `NO_COLOR` is not set.
    case auto
    case always, never
}

/// YAML with sorted keys, so that equal objects give equal text.
package enum YAMLText {
    package static func text(of value: JSONValue) -> String {
        // Serializing a tree of scalars, lists and mappings cannot fail. In any case, JSON is valid YAML.
        (try? Yams.serialize(node: node(value), width: -1, allowUnicode: true)) ?? value.text(pretty: true) + "\n"
    }

    private static func node(_ value: JSONValue) -> Yams.Node {
        switch value {
        case .null: Yams.Node("null", Tag(.null))
        case .bool(let flag): Yams.Node(flag ? "true" : "false", Tag(.bool))
        case .integer(let number): Yams.Node(String(number), Tag(.int))
        case .number(let number): Yams.Node(String(number), Tag(.float))
        case .string(let text): .scalar(.init(text, Tag(.str), needsQuotes(text) ? .doubleQuoted : .any))
        case .array(let elements): Yams.Node(elements.map(node))
        case .object(let fields):
            Yams.Node(fields.sorted { $0.key < $1.key }.map { (Yams.Node($0.key), node($0.value)) })
        }
    }

    private static let words: Set<String> = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// Whether a YAML reader would not interpret the unquoted text as a string.
    private static func needsQuotes(_ text: String) -> Bool {
        if words.contains(text.lowercased()) { return true }
        guard let first = text.first else { return true }
        return (first.isNumber || "+-.".contains(first)) && text.allSatisfy { $0.isHexDigit || "+-._:eExXoO".contains($0) }
    }
}
