import WireFormats

/// Why a body is not valid multipart/form-data.
///
/// Every case is an error of the client; the description is one sentence that can be shown to it.
public enum MultipartError: Error, Sendable, Hashable {
    /// The `Content-Type` is not `multipart/form-data`.
    case notFormData
    /// The parameters of the `Content-Type` are malformed, or one is repeated.
    case parametersInvalid
    /// The `Content-Type` has no boundary, or an empty one.
    case boundaryMissing
    /// The boundary does not consist of 1 to 70 characters that RFC 2046 allows.
    case boundaryInvalid
    /// The boundary does not occur within the bytes allowed before the first part.
    case firstBoundaryNotFound
    /// The body ended before the closing boundary.
    case truncated
    /// A header line or a boundary line ended in a bare line feed.
    case bareLineFeed
    /// A header line has no name or no colon, contains control characters, or is folded.
    case headerLineInvalid
    /// The header of one part exceeds the limit in bytes.
    case headerTooLarge(limit: Int)
    /// One part has more header lines than allowed.
    case tooManyHeaders(limit: Int)
    /// The body has more parts than allowed.
    case tooManyParts(limit: Int)
    /// A part has no `Content-Disposition: form-data`, several of them, or a malformed one.
    case dispositionInvalid
    /// The `Content-Disposition` of a part has no name.
    case nameMissing
}

extension MultipartError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFormData: "The content type is not multipart/form-data."
        case .parametersInvalid: "A parameter of the content type is malformed or repeated."
        case .boundaryMissing: "The boundary in the content type is missing or empty."
        case .boundaryInvalid: "The boundary is not 1 to 70 of the characters allowed in one."
        case .firstBoundaryNotFound: "The body does not begin with the boundary that the content type names."
        case .truncated: "The body ends before its closing boundary."
        case .bareLineFeed: "A line ends in a bare line feed; lines of a multipart body end in CR LF."
        case .headerLineInvalid: "A part has a malformed header line."
        case .headerTooLarge(let limit): "The header of a part is longer than \(limit.counted("byte"))."
        case .tooManyHeaders(let limit): "A part has more than \(limit.counted("header line"))."
        case .tooManyParts(let limit): "The body has more than \(limit.counted("part"))."
        case .dispositionInvalid: "A part has no readable Content-Disposition of type form-data."
        case .nameMissing: "A part has no name."
        }
    }
}
