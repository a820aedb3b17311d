/// Decides which event streams to reset after changes have been missed: a pure state machine.
///
/// The client of a reset stream lists its tasks and connects again. So that not all clients do so at once, one round of resets takes ten
/// seconds, and so that repeated gaps do not keep every client busy, rounds start thirty seconds apart. Later gaps share the next round.
struct StreamResets<Stream> {
    static var ticksPerRound: Int { 10 }
    static var ticksBetweenRounds: Int { 30 }

    private var isDue = false
    private var ticks = Self.ticksBetweenRounds
    private var waiting: [Stream] = []
    private var countPerTick = 0

    /// Any open stream may lack changes.
    mutating func noteGap() { isDue = true }

    /// Call every second.
    ///
    /// - Parameter open: the open streams; read only at the start of a round.
    /// - Returns: the streams to reset now.
    mutating func tick(_ open: @autoclosure () -> [Stream]) -> [Stream] {
        ticks += 1
        if isDue, waiting.isEmpty, ticks > Self.ticksBetweenRounds {
            waiting = open()
            countPerTick = (waiting.count + Self.ticksPerRound - 1) / Self.ticksPerRound
            isDue = false
            ticks = 0
        }
        defer { waiting.removeLast(min(countPerTick, waiting.count)) }
        return waiting.suffix(countPerTick)
    }
}
