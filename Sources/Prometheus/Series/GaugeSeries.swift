import Metrics
import Synchronization

/// A number that goes up and down.
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
