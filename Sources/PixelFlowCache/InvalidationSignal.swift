/// Carries word that something has become invalid from one process to all others.
///
/// It makes them look at once; what they must know they find where it is kept, signal or not.
package protocol InvalidationSignal: Sendable {
    /// Has every other `receive` return.
    ///
    /// - Throws: an error if nobody could be told.
    func send() async throws
    /// Waits until something was sent since the last call, or may have been. Called by one task at a time.
    ///
    /// - Throws: an error if nothing can be heard; the next call that can hear again returns at once.
    func receive() async throws
}
