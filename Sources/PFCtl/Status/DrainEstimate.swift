/// How long a queue takes to empty.
enum DrainEstimate: Sendable, Hashable {
    case empty
    case within(Duration)
    /// Nothing is being completed.
    case never
    /// There is nothing to tell it by.
    case unknown

    /// - Parameters:
    ///   - lag: Tasks that wait.
    ///   - rate: Tasks a second; nil where it is not known.
    init(lag: Double?, rate: Double?) {
        guard let lag else {
            self = .unknown
            return
        }
        guard lag > 0 else {
            self = .empty
            return
        }
        guard let rate else {
            self = .unknown
            return
        }
        self = rate > 0 ? .within(.seconds((lag / rate).rounded(.up))) : .never
    }

    var text: String? {
        switch self {
        case .empty: "nothing waits"
        case .within(let duration): "drained in about \(DurationText.age(duration))"
        case .never: "not draining"
        case .unknown: nil
        }
    }

    /// Nil where it is not known, or never.
    var seconds: Int? {
        switch self {
        case .empty: 0
        case .within(let duration): Int(duration.components.seconds)
        case .never, .unknown: nil
        }
    }
}
