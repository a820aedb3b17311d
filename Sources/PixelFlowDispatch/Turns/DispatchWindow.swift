import PixelFlowCore

/// How many dispatch messages of a lane are at the broker while tasks of the lane are held.
///
/// A pure state machine. With too few messages, slots stay free until the next round; with too many, an urgent task waits behind
/// all of them. The window grows while rounds find it empty, and shrinks slowly while rounds find most of it unused.
/// `docs/adr/0015-organisations-take-turns.md` describes the simulation behind its numbers.
struct DispatchWindow: Sendable {
    /// The limits of the window.
    struct Limits: Sendable, Hashable {
        /// The smallest window.
        var least = 4
        /// The minimum number of messages for each worker that has a task.
        var perWorker = 0
        /// The largest window.
        var most = 2000
    }

    let limits: Limits
    /// The number of messages worth sending in advance, adapted by rounds; may be fractional.
    private var target: Double

    init(_ limits: Limits) {
        self.limits = limits
        target = Double(limits.least)
    }

    /// Adapts the window to what a round has found, and returns its new size.
    ///
    /// - Parameters:
    ///   - sent: messages of the lane at the broker.
    ///   - running: tasks of the lane that workers have.
    ///   - workers: workers that have a task of any lane.
    mutating func adapt(sent: Int, running: Int, workers: Int) -> Int {
        // Half the number of running tasks, so that a slot that becomes free finds its next task there.
        let floor = max(limits.least, limits.perWorker * workers, (running + 1) / 2)
        if Double(sent) <= target / 4 {
            target = target * 1.5 + 1
        } else if Double(sent) > target / 2 {
            target -= target / 16
        }
        target = min(max(target, Double(floor)), Double(limits.most))
        return Int(target)
    }

    /// The current size.
    var size: Int { Int(target) }
}
