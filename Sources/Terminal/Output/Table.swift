/// Rows under titles. Rows may have rows under them, which makes the table a tree.
package struct Table: Sendable, Hashable {
    package struct Column: Sendable, Hashable {
        package enum Alignment: Sendable, Hashable {
            case left, right
        }

        package var title: String
        package var alignment: Alignment
        /// Shown with `-o wide` only.
        package var isWide: Bool
        /// How it is shortened on a narrow terminal; nil if it never is.
        package var cut: Cut?
        /// When it is dropped on a terminal that is too narrow for all columns; nil if it never is.
        package var spare: Spare?

        package enum Cut: Sendable, Hashable {
            /// For sentences, in the last column: they continue below.
            case wrap
            /// An ellipsis in the middle, for names that differ at their ends.
            case middle
        }

        package enum Spare: Sendable, Hashable {
            /// Before others are cut to what can hardly be read.
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
    /// Whether a blank line parts rows that have rows under them.
    package var isAiry = false
    /// False for rows that continue below those of a table printed before.
    package var hasTitles = true

    package init(columns: [Column], rows: [Row], isAiry: Bool = false, hasTitles: Bool = true) {
        self.columns = columns
        self.rows = rows
        self.isAiry = isAiry
        self.hasTitles = hasTitles
    }
}

/// How columns share a width.
package struct ColumnFit {
    private static let gap = 2
    /// The width that a shortened column keeps; a half or a third of it as a last resort.
    private static let leastSentence = 28
    private static let leastName = 26

    package let columns: [Table.Column]
    package let width: Int

    /// By how much columns are too wide together.
    package func excess(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
    }

    /// The minimum widths of columns.
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

    /// Takes from the column that has most to give, until they fit or have no more to give.
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
