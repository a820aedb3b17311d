import Foundation
import HTTPTypes
package import Hummingbird
package import NIOCore
import OpenAPI
import PixelFlowCore
import Synchronization
import WireFormats

extension Request {
    /// Decodes the body as JSON.
    ///
    /// - Parameter limit: the maximum size in bytes; a larger body is rejected before or while it arrives.
    /// - Throws: `unsupported_media_type` (415), `body_too_large` (413), `invalid_json` (400), and 422 with the path of the field:
    ///   `unknown_parameter` for a member that the type does not have, unless it is `SchemaOpen`; `missing_value`; or `invalid_value`, also
    ///   for text with U+0000 outside of values of type `AnyText`. Rethrows a `PixelFlowError` thrown by the type itself.
    package func decodeJSON<Value: Decodable>(_ type: Value.Type = Value.self, limit: Int = 1 << 20) async throws -> Value {
        try requireJSON()
        return try JSONBody.decode(type, from: try await collectBody(limit: limit))
    }

    /// Whether the body can be JSON by its media type. A missing type counts, and so does a form, because `curl -d` declares it by default
    /// and these routes do not accept forms.
    package var isCalledJSON: Bool {
        guard let type = mediaType else { return true }
        return type == "application/json" || type.hasSuffix("+json") || type == "application/x-www-form-urlencoded"
    }

    /// The `Content-Type` in lower case, without its parameters.
    package var mediaType: String? {
        headers[.contentType].map { $0.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace } }
    }

    /// The complete body, at most `limit` bytes.
    ///
    /// - Throws: `body_too_large` (413).
    package func collectBody(limit: Int) async throws -> ByteBuffer {
        if let declared = headers[.contentLength].flatMap({ Int($0) }), declared > limit {
            throw PixelFlowError.bodyTooLarge(limit: limit)
        }
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw PixelFlowError.bodyTooLarge(limit: limit)
        }
    }

    private func requireJSON() throws {
        guard isCalledJSON else {
            throw PixelFlowError(.unsupportedMediaType, code: "unsupported_media_type", "Send the body as application/json.")
        }
    }
}

/// Reads JSON of a client, and reports errors by the path of the field.
package enum JSONBody {
    /// - Throws: as `Request.decodeJSON`.
    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from buffer: ByteBuffer) throws -> Value {
        // In contrast to the decoder below, this reads only UTF-8, and refuses half of a surrogate pair.
        let document = try JSONValue(document: buffer.readableBytesView)
        let schema = try RequestSchemas.shared.schema(of: type)
        // Before decoding, so that a required member with a typing error is named as it was sent, not as missing.
        if let path = schema.unknownMember(of: document) {
            throw PixelFlowError.invalid(path, "Unknown parameter \(path).", code: "unknown_parameter")
        }
        do {
            let value = try JSONCoding.decoder.decode(type, from: Data(buffer.readableBytesView))
            try requireStorableText(document, buffer, for: type)
            return value
        } catch let error as DecodingError {
            throw translate(error, document, schema)
        }
    }

    /// Refuses U+0000 in any text that may be stored: PostgreSQL keeps none, and no name or description needs one. `AnyText` may have it.
    private static func requireStorableText<Value: Decodable>(
        _ document: JSONValue, _ buffer: ByteBuffer, for type: Value.Type
    ) throws {
        // JSON has only this way to write it. An escaped backslash may precede the `u`, so only the parsed text shows it.
        guard Data(buffer.readableBytesView).range(of: Data(#"\u0000"#.utf8)) != nil else { return }
        let decoder = JSONDecoder()
        let exempt = AnyTextPaths()
        decoder.userInfo[AnyTextPaths.key] = exempt
        _ = try decoder.decode(type, from: Data(buffer.readableBytesView))
        guard let path = document.pathOfNUL(at: "", besides: exempt) else { return }
        throw PixelFlowError(
            .invalid, code: "invalid_value", "Text must not contain U+0000.", field: path.isEmpty ? nil : path)
    }

    private static func translate(_ error: DecodingError, _ document: JSONValue, _ schema: RequestSchema) -> PixelFlowError {
        switch error {
        case .keyNotFound(let key, let context):
            PixelFlowError(.invalid, code: "missing_value", "This field is required.", field: path(context.codingPath + [key]))
        case .valueNotFound(_, let context):
            PixelFlowError(
                .invalid, code: "missing_value", context.codingPath.isEmpty ? "The body must not be null." : "This field must not be null.",
                field: path(context.codingPath))
        case .typeMismatch(let type, let context):
            refusal(schema.choices(at: context.codingPath).map(words) ?? words(type), at: context.codingPath)
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            schema.choices(at: context.codingPath).map { refusal(words($0), at: context.codingPath) }
                ?? PixelFlowError(.invalid, code: "invalid_value", "The value is not valid.", field: path(context.codingPath))
        // The body is JSON, so this is a number that does not fit, such as 1.5 for an integer. The decoder does not tell which.
        case .dataCorrupted: unfit(schema.unfitNumber(in: document))
        @unknown default: PixelFlowError(.invalid, code: "invalid_value", "A value in the body is not valid.")
        }
    }

    private static func refusal(_ expectation: String, at keys: [any CodingKey]) -> PixelFlowError {
        PixelFlowError(.invalid, code: "invalid_value", "This must be \(expectation).", field: path(keys))
    }

    private static func unfit(_ found: (path: String, number: Double)?) -> PixelFlowError {
        guard let (path, number) = found else {
            return PixelFlowError(.invalid, code: "invalid_value", "A number in the body is not valid.")
        }
        let message =
            number != number.rounded() ? "This must be a whole number." : "This number is too \(number < 0 ? "small" : "large")."
        return PixelFlowError(.invalid, code: "invalid_value", message, field: path.isEmpty ? nil : path)
    }

    /// `outputs[0].width`; nil for the document itself.
    static func path(_ keys: [any CodingKey]) -> String? {
        guard !keys.isEmpty else { return nil }
        return keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    private static func words(_ choices: [String]) -> String { "one of \(choices.joined(separator: ", "))" }

    private static func words(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any Collection.Type where !(type is [String: Any].Type): "an array"
        default: "an object"
        }
    }
}

/// The schemas of request bodies, each derived once.
private final class RequestSchemas: Sendable {
    static let shared = RequestSchemas()

    private let schemas = Mutex<[ObjectIdentifier: RequestSchema]>([:])

    /// - Throws: `SchemaError` for a type that cannot be described, which is a defect.
    func schema(of type: any Decodable.Type) throws -> RequestSchema {
        if let known = schemas.withLock({ $0[ObjectIdentifier(type)] }) { return known }
        let schema = try RequestSchema(of: type)
        schemas.withLock { $0[ObjectIdentifier(type)] = schema }
        return schema
    }
}

extension JSONValue {
    /// The path of the first text with U+0000; that of an object of which a key has one.
    fileprivate func pathOfNUL(at path: String, besides exempt: AnyTextPaths) -> String? {
        switch self {
        case .string(let text): text.utf8.contains(0) && !exempt.contains(path) ? path : nil
        case .array(let elements):
            elements.enumerated().lazy.compactMap { $1.pathOfNUL(at: "\(path)[\($0)]", besides: exempt) }.first
        case .object(let members):
            if members.keys.contains(where: { $0.utf8.contains(0) }) {
                path
            } else {
                members.sorted { $0.key < $1.key }.lazy
                    .compactMap { $1.pathOfNUL(at: path.isEmpty ? $0 : "\(path).\($0)", besides: exempt) }.first
            }
        default: nil
        }
    }
}
