import Metrics
import Synchronization

/// One line of a family, or the lines of one histogram.
protocol Series: AnyObject, Sendable {
    /// The family and labels, with which the series can be found when it is destroyed.
    var identity: SeriesIdentity { get }
    func write(to text: inout ExpositionText)
}

struct SeriesIdentity: Sendable, Hashable {
    /// The name of the family.
    let name: String
    let labels: LabelText
}

/// An integer that only increases.
final class CounterSeries: Series, CounterHandler {
    let identity: SeriesIdentity
    private let cells = ShardedCells(count: 1)

    init(_ identity: SeriesIdentity) { self.identity = identity }

    /// Ignores negative amounts, because a counter never decreases.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        cells.add(UInt64(amount), at: 0, in: ShardedCells.shard)
    }

    func reset() { cells.reset() }

    func write(to text: inout ExpositionText) { text.sample(identity.name, identity.labels, cells.sum(0)) }
}

/// A floating-point number that only increases.
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

/// A number that can increase and decrease.
final class GaugeSeries: Series, RecorderHandler, MeterHandler {
    let identity: SeriesIdentity
    private let bits = Atomic<UInt64>(Double.zero.bitPattern)

    init(_ identity: SeriesIdentity) { self.identity = identity }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func set(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func record(_ value: Int64) { set(Double(value)) }
    func decrement(by amount: Double) { increment(by: -amount) }

    func increment(by amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }

    func write(to text: inout ExpositionText) {
        text.sample(identity.name, identity.labels, Double(bitPattern: bits.load(ordering: .relaxed)))
    }
}
