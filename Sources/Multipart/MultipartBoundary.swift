extension MultipartParser {
    /// The boundary in a `Content-Type` such as `multipart/form-data; boundary=x`.
    ///
    /// - Throws: `notFormData`, `parametersInvalid`, `boundaryMissing` or `boundaryInvalid`.
    public static func boundary(fromContentType contentType: String) throws(MultipartError) -> String {
        guard let type = HeaderValue(String(contentType.prefix { $0 != ";" })), type.value == "multipart/form-data" else {
            throw .notFormData
        }
        guard let header = HeaderValue(contentType, allowsEmpty: true) else { throw .parametersInvalid }
        guard let boundary = header.parameters["boundary"], !boundary.isEmpty else { throw .boundaryMissing }
        guard isValid(boundary: boundary) else { throw .boundaryInvalid }
        return boundary
    }

    /// RFC 2046, section 5.1.1: 1 to 70 characters from a small set, not ending in a space.
    static func isValid(boundary: String) -> Bool {
        (1...70).contains(boundary.utf8.count) && boundary.utf8.last != UInt8(ascii: " ")
            && boundary.utf8.allSatisfy(isBoundaryCharacter)
    }

    private static func isBoundaryCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default:
            "'()+_,-./:=? ".utf8.contains(byte)
        }
    }
}
