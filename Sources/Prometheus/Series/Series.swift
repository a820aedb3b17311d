import Metrics

/// One line, or in a histogram one set of lines, of a family.
protocol Series: AnyObject, Sendable {
    /// Which family and which labels, to find it again when it is destroyed.
    var identity: SeriesIdentity { get }
    func write(to text: inout ExpositionText)
}

struct SeriesIdentity: Sendable, Hashable {
    /// The name of the family.
    let name: String
    let labels: LabelText
}

/// A whole number that only grows.
final class CounterSeries: Series, CounterHandler {
    let identity: SeriesIdentity
    private let cells = ShardedCells(count: 1)

    init(_ identity: SeriesIdentity) { self.identity = identity }

    /// A counter never decreases: negative amounts are ignored.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        cells.add(UInt64(amount), at: 0, in: ShardedCells.shard)
    }

    func reset() { cells.reset() }

    func write(to text: inout ExpositionText) { text.sample(identity.name, identity.labels, cells.sum(0)) }
}

/// A number with a fraction that only grows.
final class FloatingCounterSeries: Series, FloatingPointCounterHandler {
    let identity: SeriesIdentity
    private let cells = ShardedCells(count: 1)

    init(_ identity: SeriesIdentity) { self.identity = identity }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        cells.add(amount, at: 0, in: ShardedCells.shard)
    }

    func reset() { cells.reset() }

    func write(to text: inout ExpositionText) { text.sample(identity.name, identity.labels, cells.floatingSum(0)) }
}
