import PixelFlowCore

extension Timestamp {
    /// The time since `earlier`. Since a clock that has been set back does not tell it, it then counts as very long: what was kept is
    /// asked for again, and not believed until the clock is where it was.
    func age(since earlier: Timestamp) -> Duration { self < earlier ? .seconds(365 * 86_400) : self - earlier }
}
