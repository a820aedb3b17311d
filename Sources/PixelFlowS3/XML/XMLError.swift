/// Why a document was not read.
package struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
    package var reason: String
    /// Bytes from the start.
    package var offset: Int

    package var description: String { "malformed XML at byte \(offset): \(reason)" }
}
