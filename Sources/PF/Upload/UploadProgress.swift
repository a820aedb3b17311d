import Synchronization
import Terminal
import WireFormats

/// The progress of a run's uploads: a bar on a terminal, lines in a pipe.
final class UploadProgress: Sendable {
    private struct State {
        var fractions: [String: Double] = [:]
        var finished = 0
    }

    private static let width = 24

    private let status: StatusLine
    private let total: Int
    private let state = Mutex(State())

    init(total: Int, status: StatusLine) {
        self.total = total
        self.status = status
    }

    /// - Parameter fraction: the completed part of all work for the image, from 0 to 1.
    func advance(_ name: String, to fraction: Double) {
        draw { $0.fractions[name] = max(fraction, $0.fractions[name] ?? 0) }
    }

    /// Reports a completed step, as a line in a pipe.
    func report(_ name: String, _ what: String) {
        if !status.isTerminal { status.print(Text("\(name): \(what)")) }
    }

    func finish(_ name: String) {
        draw { state in
            state.fractions[name] = nil
            state.finished += 1
        }
    }

    private func draw(_ change: (inout State) -> Void) {
        let text = state.withLock { state in
            change(&state)
            let done = state.fractions.values.reduce(Double(state.finished), +) / Double(max(1, total))
            let filled = min(Self.width, max(0, Int(clamping: done * Double(Self.width))))
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
            return "\(bar) \(Int(percentOf: done)) %  \(state.finished) of \(total)"
        }
        status.show(text, isPassing: true)
    }
}
