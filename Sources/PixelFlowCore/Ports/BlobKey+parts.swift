import WireFormats

extension BlobKey {
    /// What stands between the slashes. Each part is 1 to 128 letters, digits, `-`, `_` and `.`, and does not begin with a
    /// dot, so that no store can be led elsewhere by it.
    ///
    /// - Throws: `bad_blob_key` if a part is not like that. Keys are made by PixelFlow, so this is a defect.
    package func parts() throws(PixelFlowError) -> [Substring] {
        let parts = rawValue.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy(Self.isSafe) else { throw .badBlobKey }
        return parts
    }

    private static let characters = ASCIISet.alphanumerics.union("-_.")

    private static func isSafe(_ part: Substring) -> Bool {
        (1...128).contains(part.utf8.count) && part.utf8.first != UInt8(ascii: ".") && characters.containsAll(of: part)
    }
}

extension PixelFlowError {
    /// A key that a store cannot keep an object under.
    package static let badBlobKey = PixelFlowError(.internal, code: "bad_blob_key", "An object key is not well-formed.")
}
