import ArgumentParser
import WireFormats

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

/// Formats durations.
enum DurationText {
    /// In the format of kubectl: `45s`, `12m`, `3h`, `3h25m`, `2d`, `400d`.
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

    /// The exact value, including fractions of a second.
    static func exact(_ duration: Duration) -> String {
        duration.milliseconds < 1_000 ? "\(duration.milliseconds)ms" : age(duration)
    }
}

/// Runs work with a time limit.
enum Deadline {
    /// - Parameters:
    ///   - limit: Zero for no limit.
    ///   - state: How far it is when the time is over.
    /// - Throws: `CommandError` with `timedOut`, or whatever the body throws.
    static func within<Result: Sendable>(
        _ limit: Duration, _ what: String, state: @Sendable () -> String? = { nil }, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard limit > .zero else { return try await body() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() ?? nil else {
                let rest = state().map { ": \($0)" } ?? ""
                throw CommandError(
                    .timedOut, "\(what) within \(DurationText.exact(limit))\(rest)",
                    hint: "raise --timeout to wait longer; pfctl status shows the progress")
            }
            return result
        }
    }
}
