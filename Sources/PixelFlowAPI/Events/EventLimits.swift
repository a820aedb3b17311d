package import PixelFlowCore

/// The limits of event streams on this replica. The defaults are safe for a small server; see `docs/configuration.md`.
package struct EventLimits: Sendable, Hashable {
    /// The maximum number of open streams.
    package var streams: Int
    /// The maximum number of open streams per user.
    package var streamsPerUser: Int
    /// The maximum number of bytes waiting for one client; a single event may be larger if nothing else waits.
    package var streamBytes: Int
    /// The maximum number of bytes waiting for all clients, with each event counted once even if several streams share it.
    package var totalBytes: Int

    package init(
        streams: Int = 2000, streamsPerUser: Int = 64, streamBytes: Int = 1024 * 1024, totalBytes: Int = 64 * 1024 * 1024
    ) {
        self.streams = streams
        self.streamsPerUser = streamsPerUser
        self.streamBytes = streamBytes
        self.totalBytes = totalBytes
    }

    /// The maximum number of streams of an organisation while others have `count`: three quarters of the rest, so that whatever one
    /// organisation opens, the next one finds room.
    func streamsForOneOrganisation(besides count: Int) -> Int { ((streams - count) * 3 + 3) / 4 }
}

extension EventLimits {
    static let streamsSetting = Setting<Int>.integer(
        "PIXELFLOW_EVENT_STREAMS", default: 2000, in: 1...1_000_000,
        help:
            "Maximum number of open event streams; further ones are refused with 503. One organisation can have three quarters of those "
            + "that others leave; further ones are refused with 429.")
    static let streamsPerUserSetting = Setting<Int>.integer(
        "PIXELFLOW_EVENT_STREAMS_PER_USER", default: 64, in: 1...1_000_000,
        help: "Maximum number of open event streams of one user; further ones are refused with 429.")
    static let streamBytesSetting = Setting<Int>.integer(
        "PIXELFLOW_EVENT_STREAM_BYTES", default: 1024 * 1024, in: 1024...1 << 31,
        help:
            "Bytes of events that may be buffered for one client. The stream of a client that falls further behind ends with a "
            + "reset event.")
    static let totalBytesSetting = Setting<Int>.integer(
        "PIXELFLOW_EVENT_BUFFER_BYTES", default: 64 * 1024 * 1024, in: 1024...1 << 40,
        help: "Bytes of events that may be buffered for all clients together; beyond it, the streams that are furthest behind end.")

    package static let descriptions: [SettingDescription] = [
        streamsSetting.description, streamsPerUserSetting.description, streamBytesSetting.description, totalBytesSetting.description,
    ]

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(
            streams: try settings[Self.streamsSetting], streamsPerUser: try settings[Self.streamsPerUserSetting],
            streamBytes: try settings[Self.streamBytesSetting], totalBytes: try settings[Self.totalBytesSetting])
    }
}
