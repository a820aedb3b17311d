/// Rows with column titles. Rows may have child rows, which turns the table into a tree.
package struct Table: Sendable, Hashable {
    package struct Column: Sendable, Hashable {
        package enum Alignment: Sendable, Hashable {
            case left, right
        }

        package var title: String
        package var alignment: Alignment
        /// Shown with `-o wide` only.
        package var isWide: Bool
        /// How cells are shortened on a narrow terminal; nil if never.
        package var cut: Cut?
        /// When the column is dropped on a terminal that is too narrow for all columns; nil if never.
        package var spare: Spare?

        package enum Cut: Sendable, Hashable {
            /// Wraps onto further lines; for sentences in the last column.
            case wrap
            /// Puts an ellipsis in the middle; for names that differ at their ends.
            case middle
        }

        package enum Spare: Sendable, Hashable {
            /// Before other columns become hardly readable.
            case early
            /// Only as a last resort.
            case late
        }

        package init(_ title: String, _ alignment: Alignment = .left, wide: Bool = false, cut: Cut? = nil, spare: Spare? = nil) {
            self.title = title
            self.alignment = alignment
            self.isWide = wide
            self.cut = cut
            self.spare = spare
        }
    }

    package struct Row: Sendable, Hashable {
        package var cells: [Text]
        package var children: [Row]

        package init(_ cells: [Text], children: [Row] = []) {
            self.cells = cells
            self.children = children
        }
    }

    package var columns: [Column]
    package var rows: [Row]
    /// Whether a blank line separates rows that have child rows.
    package var isAiry = false
    /// False for rows that continue a table that was printed before.
    package var hasTitles = true

    package init(columns: [Column], rows: [Row], isAiry: Bool = false, hasTitles: Bool = true) {
        self.columns = columns
        self.rows = rows
        self.isAiry = isAiry
        self.hasTitles = hasTitles
    }
}

/// Distributes a width among columns.
package struct ColumnFit {
    private static let gap = 2
    /// The minimum width of a shortened column; as a last resort, a half or a third of it.
    private static let leastSentence = 28
    private static let leastName = 26

    package let columns: [Table.Column]
    package let width: Int

    /// By how much the columns exceed the width.
    package func excess(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
    }

    /// The minimum widths of the columns.
    /// - Parameter widths: Their natural widths.
    package func least(_ widths: [Int], share: Int) -> [Int] {
        zip(columns, widths).map { column, wanted in
            switch column.cut {
            case .middle: min(wanted, max(column.title.count, Self.leastName / share))
            case .wrap: min(wanted, max(column.title.count, Self.leastSentence / share))
            case nil: wanted
            }
        }
    }

    /// Repeatedly shrinks the column with the most slack, until all fit or none has slack left.
    package func shrink(_ widths: inout [Int]) {
        for share in 1...3 {
            let least = least(widths, share: share)
            var excess = excess(widths)
            while excess > 0 {
                let candidates = widths.indices.filter { widths[$0] > least[$0] }
                guard let richest = candidates.max(by: { widths[$0] - least[$0] < widths[$1] - least[$1] }) else { break }
                widths[richest] -= 1
                excess -= 1
            }
        }
    }
}
