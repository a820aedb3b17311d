package import PixelFlowURL

/// Turns a name into addresses.
package protocol NameResolver: Sendable {
    /// Every address of `name`, the preferred first. Cancelling the calling task ends the wait at once.
    ///
    /// - Throws: `PixelFlowError` `name_not_resolved`: permanent where the name is known not to exist or
    ///   to have no address, transient if the lookup failed.
    func addresses(of name: String) async throws -> [IPAddress]
}
