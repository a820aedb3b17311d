/// What event streams may cost this replica. The defaults are safe for a small server; see `docs/configuration.md`.
public struct EventLimits: Sendable, Hashable {
    /// Streams that are open at a time.
    public var streams: Int
    /// Streams that one user has open at a time.
    public var streamsPerUser: Int
    /// Bytes that may wait for one client; one event may be larger, if nothing else waits.
    public var streamBytes: Int
    /// Bytes that may wait for all clients together, each event counted once however many streams share it.
    public var totalBytes: Int

    public init(
        streams: Int = 2000, streamsPerUser: Int = 64, streamBytes: Int = 1024 * 1024, totalBytes: Int = 64 * 1024 * 1024
    ) {
        self.streams = streams
        self.streamsPerUser = streamsPerUser
        self.streamBytes = streamBytes
        self.totalBytes = totalBytes
    }
}
