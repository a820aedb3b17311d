/// How spans of time are told to people.
enum DurationText {
    /// As kubectl tells ages: `45s`, `12m`, `3h`, `3h25m`, `2d`, `400d`.
    static func age(_ duration: Duration) -> String {
        let seconds = max(0, Int(duration.components.seconds))
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400)
        return switch seconds {
        case ..<120: "\(seconds)s"
        case ..<600: minutes * 60 == seconds ? "\(minutes)m" : "\(minutes)m\(seconds % 60)s"
        case ..<10_800: "\(minutes)m"
        case ..<28_800: minutes % 60 == 0 ? "\(hours)h" : "\(hours)h\(minutes % 60)m"
        case ..<172_800: "\(hours)h"
        case ..<691_200: hours % 24 == 0 ? "\(days)d" : "\(days)d\(hours % 24)h"
        default: "\(days)d"
        }
    }

    /// As somebody gave it: what is less than a second is not told as none.
    static func exact(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        return milliseconds < 1_000 ? "\(milliseconds)ms" : age(duration)
    }
}
