import WireFormats

extension ImageLimits {
    static let sourceBytesSetting = Setting<Int>.integer(
        "PIXELFLOW_MAX_SOURCE_BYTES", default: 20 * 1024 * 1024, in: 1024...1 << 31,
        help:
            "Maximum size of a source in bytes, uploaded or fetched.")
    static let pixelsSetting = Setting<Int>.integer(
        "PIXELFLOW_MAX_PIXELS", default: 50_000_000, in: 1...1_000_000_000,
        help:
            "Maximum number of pixels of a source, summed over its frames.")
    static let framesSetting = Setting<Int>.integer(
        "PIXELFLOW_MAX_FRAMES", default: 1000, in: 1...100_000, help: "Maximum number of frames of a source.")
    static let renderTimeSetting = Setting<Duration>.seconds(
        "PIXELFLOW_RENDER_TIMEOUT", default: 60, in: 1...3600, help: "Time limit for rendering one task.")
    static let outputBytesSetting = Setting<Int>.integer(
        "PIXELFLOW_MAX_OUTPUT_BYTES", default: 128 * 1024 * 1024, in: 1024...1 << 31,
        help: "Maximum size of an output in bytes; a larger one fails with output_too_large.")
    static let taskOutputBytesSetting = Setting<Int>.integer(
        "PIXELFLOW_MAX_TASK_OUTPUT_BYTES", default: 256 * 1024 * 1024, in: 1024...1 << 36,
        help: "Maximum size of all outputs of a task together, in bytes; outputs beyond it fail with outputs_too_large.")

    package static let descriptions: [SettingDescription] = [
        sourceBytesSetting.description, pixelsSetting.description, framesSetting.description, renderTimeSetting.description,
        outputBytesSetting.description, taskOutputBytesSetting.description,
    ]

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(
            sourceBytes: try settings[Self.sourceBytesSetting], pixels: try settings[Self.pixelsSetting],
            frames: try settings[Self.framesSetting], seconds: Int(try settings[Self.renderTimeSetting].seconds),
            outputBytes: try settings[Self.outputBytesSetting], taskOutputBytes: try settings[Self.taskOutputBytesSetting])
    }
}
