import WireFormats

extension BlobKey {
    /// The components of the key. Each consists of 1 to 128 letters, digits, `-`, `_` and `.`, and does not begin with a
    /// dot, so that it cannot escape from a store's root.
    ///
    /// - Throws: `bad_blob_key` for an invalid component, which is a defect, because PixelFlow creates all keys.
    package func parts() throws(PixelFlowError) -> [Substring] {
        // Bytes, because finding the characters of a string is slow.
        let parts = rawValue.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Substring.init)
        guard parts.allSatisfy(Self.isSafe) else { throw .badBlobKey }
        return parts
    }

    private static let characters = ASCIISet.alphanumerics.union("-_.")

    private static func isSafe(_ part: Substring) -> Bool {
        (1...128).contains(part.utf8.count) && part.utf8.first != UInt8(ascii: ".") && characters.containsAll(of: part)
    }
}

extension PixelFlowError {
    /// A key that no store accepts.
    package static let badBlobKey = PixelFlowError(.internal, code: "bad_blob_key", "An object key is not well-formed.")
}
