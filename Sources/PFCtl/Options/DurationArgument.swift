import ArgumentParser

/// A duration as kubectl takes it: `30s`, `1m30s`, `2h`, `500ms`, or a number of seconds.
struct DurationArgument: ExpressibleByArgument, Sendable, Hashable {
    let duration: Duration
    /// As it was given.
    let text: String

    static func seconds(_ seconds: Int) -> DurationArgument {
        DurationArgument(duration: .seconds(seconds), text: "\(seconds)s")
    }

    private init(duration: Duration, text: String) {
        self.duration = duration
        self.text = text
    }

    init?(argument: String) {
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

    var isZero: Bool { duration == .zero }
    var defaultValueDescription: String { text }
}
