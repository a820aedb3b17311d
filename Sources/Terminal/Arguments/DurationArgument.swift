package import ArgumentParser
import WireFormats

/// A duration in the format of kubectl: `30s`, `1m30s`, `2h`, `500ms`, or a number of seconds.
package struct DurationArgument: ExpressibleByArgument, Sendable, Hashable {
    package let duration: Duration
    /// As given.
    package let text: String

    package static func seconds(_ seconds: Int) -> DurationArgument {
        DurationArgument(duration: .seconds(seconds), text: "\(seconds)s")
    }

    private init(duration: Duration, text: String) {
        self.duration = duration
        self.text = text
    }

    package init?(argument: String) {
        if let seconds = Double(argument), seconds >= 0, seconds.isFinite {
            self.init(duration: .seconds(seconds), text: argument)
            return
        }
        var rest = argument[...]
        var total = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            let unit = rest[digits.endIndex...].prefix { $0.isLetter }
            guard let number = Double(digits), let factor = Self.factor(unit) else { return nil }
            total += factor * number
            rest = rest[unit.endIndex...]
        }
        self.init(duration: total, text: argument)
    }

    private static func factor(_ unit: Substring) -> Duration? {
        switch unit {
        case "ms": .milliseconds(1)
        case "s": .seconds(1)
        case "m": .seconds(60)
        case "h": .seconds(3_600)
        case "d": .seconds(86_400)
        default: nil
        }
    }

    package var isZero: Bool { duration == .zero }
    package var defaultValueDescription: String { text }
}

/// Formats durations.
package enum DurationText {
    /// In the format of kubectl: `45s`, `12m`, `3h`, `3h25m`, `2d`, `400d`.
    package static func age(_ duration: Duration) -> String {
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

    /// The exact value, including fractions of a second.
    package static func exact(_ duration: Duration) -> String {
        duration.milliseconds < 1_000 ? "\(duration.milliseconds)ms" : age(duration)
    }
}
