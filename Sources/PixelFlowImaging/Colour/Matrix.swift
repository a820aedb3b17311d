/// A matrix of 3 x 3, for colours as X, Y and Z.
struct Matrix {
    let rows: [[Double]]

    func times(_ vector: [Double]) -> [Double] {
        rows.map { row in (0..<3).reduce(0) { $0 + row[$1] * vector[$1] } }
    }

    func times(_ other: Matrix) -> Matrix { Matrix(rows: other.transposed.rows.map(times)).transposed }

    var transposed: Matrix { Matrix(rows: (0..<3).map { column in rows.map { $0[column] } }) }

    /// Nil if there is none.
    var inverse: Matrix? {
        let m = rows
        func minor(_ row: Int, _ column: Int) -> Double {
            let (r1, r2, c1, c2) = ((row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3)
            return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
        }
        let determinant = (0..<3).reduce(0) { $0 + m[0][$1] * minor(0, $1) }
        guard abs(determinant) > 1e-6 else { return nil }
        return Matrix(rows: (0..<3).map { row in (0..<3).map { column in minor(column, row) / determinant } })
    }

    /// Bradford's adaptation of colours seen under one white to another; nil for whites that no eye would see as such.
    static func adaptation(from white: [Double], to other: [Double]) -> Matrix? {
        let (from, to) = (bradford.times(white), bradford.times(other))
        guard from.allSatisfy({ $0 > 0 }), let back = bradford.inverse else { return nil }
        let scales = Matrix(rows: (0..<3).map { row in (0..<3).map { $0 == row ? to[row] / from[row] : 0 } })
        return back.times(scales.times(bradford))
    }

    private static let bradford = Matrix(rows: [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
}
