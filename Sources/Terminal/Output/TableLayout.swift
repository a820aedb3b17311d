/// Lays a table out in columns that fit a width.
package struct TableLayout {
    private static let gap = Text("  ")

    /// A line of the body before layout.
    private struct Line {
        var cells: [Text]
        var startsGroup: Bool
        /// What the tree draws in front of continuation lines.
        var guide: Text
    }

    package let table: Table
    package let isWide: Bool
    /// Nil for unlimited line length.
    package let width: Int?

    package func lines() -> [Text] {
        let all = flattened()
        let shown = chosen(all)
        let columns = shown.map { table.columns[$0] }
        let body = all.map { line in
            Line(cells: shown.map { line.cells[$0] }, startsGroup: line.startsGroup, guide: line.guide)
        }
        var widths = Self.natural(columns, body)
        if let width { ColumnFit(columns: columns, width: width).shrink(&widths) }
        var lines = table.hasTitles ? [place(columns.map { Text($0.title, .strong) }, columns, widths)] : []
        for (index, line) in body.enumerated() {
            if table.isAiry, line.startsGroup, index > 0 { lines.append("") }
            lines += rows(line, columns, widths)
        }
        return lines
    }

    /// The columns that fit.
    private func chosen(_ body: [Line]) -> [Int] {
        var shown = table.columns.indices.filter { isWide || !table.columns[$0].isWide }
        guard let width else { return shown }
        let widths = Self.natural(table.columns, body)
        func fits(share: Int) -> Bool {
            let fit = ColumnFit(columns: shown.map { table.columns[$0] }, width: width)
            return fit.excess(fit.least(shown.map { widths[$0] }, share: share)) <= 0
        }
        for (spare, share) in [(Table.Column.Spare.early, 1), (.late, 2)] {
            while !fits(share: share), let last = shown.last(where: { table.columns[$0].spare == spare }) {
                shown.removeAll { $0 == last }
            }
        }
        return shown
    }

    private func flattened() -> [Line] {
        table.rows.flatMap { flatten($0, first: "", rest: "", isTop: true) }
    }

    private func flatten(_ row: Table.Row, first: String, rest: String, isTop: Bool) -> [Line] {
        var cells = row.cells
        if !first.isEmpty, !cells.isEmpty { cells[0] = Text(first, .faint) + cells[0] }
        cells += Array(repeating: "", count: max(0, table.columns.count - cells.count))
        let own = Line(cells: cells, startsGroup: isTop, guide: Text(rest + (row.children.isEmpty ? "" : "│"), .faint))
        let children = row.children.enumerated().flatMap { index, child in
            let isLast = index == row.children.count - 1
            return flatten(child, first: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  "), isTop: false)
        }
        return [own] + children
    }

    private static func natural(_ columns: [Table.Column], _ body: [Line]) -> [Int] {
        columns.indices.map { index in body.reduce(columns[index].title.count) { max($0, $1.cells[index].width) } }
    }

    /// The text of a line, including continuation lines of its last cell.
    private func rows(_ line: Line, _ columns: [Table.Column], _ widths: [Int]) -> [Text] {
        guard let last = columns.indices.last, columns[last].cut == .wrap else { return [place(line.cells, columns, widths)] }
        return line.cells[last].wrapped(to: widths[last], indent: 0, cutsWords: true).enumerated().map { index, part in
            var cells = index == 0 ? line.cells : columns.map { _ in Text() }
            if index > 0 { cells[0] = line.guide }
            cells[last] = part
            return place(cells, columns, widths)
        }
    }

    private func place(_ cells: [Text], _ columns: [Table.Column], _ widths: [Int]) -> Text {
        let last = cells.lastIndex { !$0.isEmpty } ?? -1
        var line: Text = ""
        for index in cells.indices where index <= last {
            let isSentence = columns[index].cut == .wrap
            let cell = isSentence ? cells[index] : cells[index].truncated(to: widths[index], inMiddle: columns[index].cut == .middle)
            let padding = Text(String(repeating: " ", count: max(0, widths[index] - cell.width)))
            if index > 0 { line += Self.gap }
            switch columns[index].alignment {
            case .right: line += padding + cell
            case .left: line += index == last ? cell : cell + padding
            }
        }
        return line
    }
}
