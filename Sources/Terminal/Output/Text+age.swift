package import FoundationEssentials

extension Text {
    /// The time since `time`; empty if that is unknown.
    package static func age(of time: Date?, at now: Date) -> Text {
        Text(time.map { DurationText.age(.seconds(now.timeIntervalSince($0))) } ?? "")
    }
}
