/// Puts a table into columns that fit a width.
struct TableLayout {
    private static let gap = 2
    /// A column that gives way keeps at least so much, and half as much where nothing else is left.
    private static let leastSentence = 16
    private static let leastName = 26

    private struct Line {
        var cells: [Text]
        var startsGroup: Bool
    }

    let table: Table
    let isWide: Bool
    /// Nil where lines may be as long as they like.
    let width: Int?

    func lines() -> [Text] {
        let shown = table.columns.indices.filter { isWide || !table.columns[$0].isWide }
        let columns = shown.map { table.columns[$0] }
        let body = flattened().map { line in
            Line(cells: shown.map { $0 < line.cells.count ? line.cells[$0] : "" }, startsGroup: line.startsGroup)
        }
        let widths = fitted(columns, body)
        var lines = table.hasTitles ? [place(columns.map { Text($0.title, .strong) }, columns, widths)] : []
        for (index, line) in body.enumerated() {
            if table.isAiry, line.startsGroup, index > 0 { lines.append("") }
            lines.append(place(line.cells, columns, widths))
        }
        return lines
    }

    private func flattened() -> [Line] {
        table.rows.flatMap { flatten($0, first: "", rest: "", isTop: true) }
    }

    private func flatten(_ row: Table.Row, first: String, rest: String, isTop: Bool) -> [Line] {
        var cells = row.cells
        if !first.isEmpty, !cells.isEmpty { cells[0] = Text(first, .faint) + cells[0] }
        let own = Line(cells: cells, startsGroup: isTop)
        let children = row.children.enumerated().flatMap { index, child in
            let isLast = index == row.children.count - 1
            return flatten(child, first: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  "), isTop: false)
        }
        return [own] + children
    }

    private func fitted(_ columns: [Table.Column], _ body: [Line]) -> [Int] {
        var widths = columns.indices.map { index in
            body.reduce(columns[index].title.count) { max($0, $1.cells[index].width) }
        }
        guard let width else { return widths }
        for share in [1, 2] { Self.shrink(&widths, columns, to: width, share: share) }
        return widths
    }

    /// Takes from the column that has most to give.
    private static func shrink(_ widths: inout [Int], _ columns: [Table.Column], to width: Int, share: Int) {
        let least = columns.map { column in
            max(column.title.count, (column.cut == .middle ? leastName : leastSentence) / share)
        }
        var excess = widths.reduce(0, +) + gap * (widths.count - 1) - width
        while excess > 0 {
            let candidates = columns.indices.filter { columns[$0].cut != nil && widths[$0] > least[$0] }
            guard let richest = candidates.max(by: { widths[$0] - least[$0] < widths[$1] - least[$1] }) else { return }
            widths[richest] -= 1
            excess -= 1
        }
    }

    private func place(_ cells: [Text], _ columns: [Table.Column], _ widths: [Int]) -> Text {
        let last = cells.lastIndex { !$0.isEmpty } ?? -1
        var line: Text = ""
        for index in cells.indices where index <= last {
            let cell = cells[index].truncated(to: widths[index], inMiddle: columns[index].cut == .middle)
            let padding = Text(String(repeating: " ", count: widths[index] - cell.width))
            if index > 0 { line += Text(String(repeating: " ", count: Self.gap)) }
            switch columns[index].alignment {
            case .right: line += padding + cell
            case .left: line += index == last ? cell : cell + padding
            }
        }
        return line
    }
}
