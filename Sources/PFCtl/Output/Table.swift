/// Rows under titles. Rows may have rows under them, which makes the table a tree.
struct Table: Sendable, Hashable {
    struct Column: Sendable, Hashable {
        enum Alignment: Sendable, Hashable {
            case left, right
        }

        var title: String
        var alignment: Alignment
        /// Shown with `-o wide` only.
        var isWide: Bool
        /// How it gives way where the terminal is narrow; nil for what never does.
        var cut: Cut?
        /// When it is left out of a terminal that is too narrow for all; nil for what never is.
        var spare: Spare?

        enum Cut: Sendable, Hashable {
            /// For sentences, in the last column: they go on below.
            case wrap
            /// For names, which tell one from the other by their ends: an ellipsis.
            case middle
        }

        enum Spare: Sendable, Hashable {
            /// Before others are cut to what can hardly be read.
            case early
            /// Only where nothing else is left.
            case late
        }

        init(_ title: String, _ alignment: Alignment = .left, wide: Bool = false, cut: Cut? = nil, spare: Spare? = nil) {
            self.title = title
            self.alignment = alignment
            self.isWide = wide
            self.cut = cut
            self.spare = spare
        }
    }

    struct Row: Sendable, Hashable {
        var cells: [Text]
        var children: [Row]

        init(_ cells: [Text], children: [Row] = []) {
            self.cells = cells
            self.children = children
        }
    }

    var columns: [Column]
    var rows: [Row]
    /// Whether a blank line parts rows that have rows under them.
    var isAiry = false
    /// False for rows that go on below those of a table printed before.
    var hasTitles = true
}
