import PixelFlowCore

/// How many dispatch messages of a lane are kept with the broker while tasks of the lane are held.
///
/// A pure state machine. Too few, and slots stay free until the next round; too many, and a task that is sent now waits behind
/// all of them. The window grows while rounds find it empty, and shrinks slowly while rounds find most of it still there.
/// `docs/adr/0015-organisations-take-turns.md` has the simulation that its numbers come from.
struct DispatchWindow: Sendable {
    /// The bounds of the window.
    struct Limits: Sendable, Hashable {
        /// The smallest window.
        var least = 4
        /// Messages for each worker that has something to do, at least.
        var perWorker = 0
        /// The largest window.
        var most = 2000
    }

    let limits: Limits
    /// Messages that are worth sending ahead, by what rounds have found; fractions count.
    private var target: Double

    init(_ limits: Limits) {
        self.limits = limits
        target = Double(limits.least)
    }

    /// Takes note of what a round has found, and returns the window for it.
    ///
    /// - Parameters:
    ///   - sent: messages of the lane that are with the broker.
    ///   - running: tasks of the lane that workers have.
    ///   - workers: workers that have a task of any lane.
    mutating func adapt(sent: Int, running: Int, workers: Int) -> Int {
        // Half as many as are running: a slot that becomes free finds the next task there.
        let floor = max(limits.least, limits.perWorker * workers, (running + 1) / 2)
        if Double(sent) <= target / 4 {
            target = target * 1.5 + 1
        } else if Double(sent) > target / 2 {
            target -= target / 16
        }
        target = min(max(target, Double(floor)), Double(limits.most))
        return Int(target)
    }

    /// The window as it is.
    var size: Int { Int(target) }
}
