package import WireFormats

/// JSON from clients, which is validated field by field, so that errors can name the field.
extension JSONValue {
    /// Parses a document. A member that is given twice is refused, because readers differ in which of the two they use.
    ///
    /// - Parameter field: the part or parameter of the request that contains it; nil for the body.
    /// - Throws: `PixelFlowError` `.malformed` with code `invalid_json` if it is not valid JSON.
    package init(document: some Sequence<UInt8>, field: String? = nil) throws {
        do {
            self = try JSONValue(parsing: document, maximumDepth: JSONValue.maximumDocumentDepth, refusesDuplicates: true)
        } catch {
            let name = field ?? "The body"
            throw PixelFlowError(.malformed, code: "invalid_json", "\(name) is not valid JSON: \(error).", field: field, cause: error)
        }
    }

    /// More than any valid document needs.
    private static let maximumDocumentDepth = 64

    /// The type of the value, for error messages.
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
