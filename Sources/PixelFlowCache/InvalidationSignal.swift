/// Notifies all other processes that something has become invalid.
///
/// It only makes them look immediately; the data itself is in the store, with or without the signal.
package protocol InvalidationSignal: Sendable {
    /// Makes every other `receive` return.
    ///
    /// - Throws: an error if no process could be notified.
    func send() async throws
    /// Waits until something was sent since the last call, or may have been. Must be called by one task at a time.
    ///
    /// - Throws: an error if the signal is unavailable; the first call after it is available again returns immediately.
    func receive() async throws
}
