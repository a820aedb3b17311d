/// What event streams may cost this replica. The defaults are safe for a small server; see `docs/configuration.md`.
package struct EventLimits: Sendable, Hashable {
    /// Streams that are open at a time.
    package var streams: Int
    /// Streams that one user has open at a time.
    package var streamsPerUser: Int
    /// Bytes that may wait for one client; one event may be larger, if nothing else waits.
    package var streamBytes: Int
    /// Bytes that may wait for all clients together, each event counted once however many streams share it.
    package var totalBytes: Int

    package init(
        streams: Int = 2000, streamsPerUser: Int = 64, streamBytes: Int = 1024 * 1024, totalBytes: Int = 64 * 1024 * 1024
    ) {
        self.streams = streams
        self.streamsPerUser = streamsPerUser
        self.streamBytes = streamBytes
        self.totalBytes = totalBytes
    }
}
