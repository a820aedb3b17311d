/// How columns share a width.
struct ColumnFit {
    private static let gap = 2
    /// A column that gives way keeps so much; a half or a third of it where nothing else is left.
    private static let leastSentence = 28
    private static let leastName = 26

    let columns: [Table.Column]
    let width: Int

    /// By how much columns are too wide together.
    func excess(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
    }

    /// The narrowest that columns may become.
    /// - Parameter widths: What they would like.
    func least(_ widths: [Int], share: Int) -> [Int] {
        zip(columns, widths).map { column, wanted in
            switch column.cut {
            case .middle: min(wanted, max(column.title.count, Self.leastName / share))
            case .wrap: min(wanted, max(column.title.count, Self.leastSentence / share))
            case nil: wanted
            }
        }
    }

    /// Takes from the column that has most to give, until they fit or have no more to give.
    func shrink(_ widths: inout [Int]) {
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
