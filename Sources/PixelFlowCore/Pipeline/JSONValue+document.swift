package import WireFormats

/// JSON that comes in, which is checked field by field so that an error can name the field.
extension JSONValue {
    /// Reads one document.
    ///
    /// - Throws: `PixelFlowError` `.malformed`, code `invalid_json`, for anything that is not one.
    package init(document: some Sequence<UInt8>) throws {
        do {
            self = try JSONValue(parsing: document, maximumDepth: JSONValue.maximumDocumentDepth)
        } catch {
            throw PixelFlowError(.malformed, code: "invalid_json", "The body is not valid JSON: \(error).", cause: error)
        }
    }

    /// More than any document of ours needs.
    private static let maximumDocumentDepth = 64

    /// What the value is, in the words of an error message.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
