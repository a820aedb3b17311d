package import PixelFlowCore

/// When orphans may be removed.
package struct OrphanSettings: Sendable, Hashable {
    static let graceSetting = Setting<Int>.integer(
        "PIXELFLOW_ORPHAN_GRACE_DAYS", default: 7, in: 1...365,
        help: "Days that objects must be orphaned before they are removed.")
    static let percentSetting = Setting<Int>.integer(
        "PIXELFLOW_ORPHAN_LIMIT_PERCENT", default: 5, in: 0...100,
        help: "Maximum percentage of orphans among the tasks that have objects; above it, nothing is removed and an alert fires.")

    package static let descriptions: [SettingDescription] = [graceSetting.description, percentSetting.description]

    package var grace: Duration
    package var limitPercent: Int

    package init(grace: Duration = .seconds(7 * 86_400), limitPercent: Int = 5) {
        self.grace = grace
        self.limitPercent = limitPercent
    }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(grace: .seconds(86_400 * (try settings[Self.graceSetting])), limitPercent: try settings[Self.percentSetting])
    }
}
