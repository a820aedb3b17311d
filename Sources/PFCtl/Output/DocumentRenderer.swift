import KubernetesClient

/// The one place where documents become text.
struct DocumentRenderer: Sendable {
    let format: OutputFormat
    /// Of the terminal; nil in a pipe, where nothing is cut.
    let width: Int?
    let palette: Palette

    /// With a newline at the end, or empty.
    func render(_ document: Document) -> String {
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

    /// - Parameter indent: Of what does not fit the first line.
    private func wrapped(_ line: Text, indent: Int? = nil) -> [Text] {
        guard format != .wide, let width else { return [line] }
        return line.wrapped(to: width, indent: indent)
    }
}
