package import PixelFlowCore

/// How many tasks are at the broker while others are held.
package struct TurnSettings: Sendable, Hashable {
    /// Above the autoscaler's target of 10 by more than its tolerance: with fewer messages, it would never scale up,
    /// because held tasks are not part of the lag.
    static let defaultPerWorker = 12
    static let perWorkerSetting = Setting<Int>.integer(
        "PIXELFLOW_DISPATCH_WINDOW", default: defaultPerWorker, in: 0...1000,
        help:
            "Dispatch messages of a lane that are kept with the broker for each busy worker while more tasks wait; the others wait in the "
            + "task database for their organisation's turn. Must be above the autoscaler's lag target for workers to be added. The embedded "
            + "mode keeps as few as it can; 0 sends every task at once, without turns.")

    package static let descriptions: [SettingDescription] = [perWorkerSetting.description]

    package var perWorker: Int
    package var least: Int
    /// The interval of rounds while tasks are held. The window of a lane covers about two rounds, and a task that is sent immediately
    /// waits behind it.
    package var pace: Duration
    /// Whether organisations take turns.
    package var isOn: Bool

    package init(perWorker: Int = 0, least: Int = 4, pace: Duration = .milliseconds(50), isOn: Bool = true) {
        self.isOn = isOn
        self.pace = pace
        self.perWorker = perWorker
        self.least = least
    }

    /// For a process with its own worker, its own task store and no autoscaler, where rounds are cheap.
    package var embedded: TurnSettings { TurnSettings(pace: .milliseconds(10), isOn: isOn) }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        let perWorker = try settings[Self.perWorkerSetting]
        self.init(perWorker: perWorker, isOn: perWorker > 0)
    }
}
