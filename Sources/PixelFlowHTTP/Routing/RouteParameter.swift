package import OpenAPI
package import PixelFlowCore
import WireFormats

/// A parameter of a query string: one declaration both describes and reads it.
package struct QueryParameter<Value: Sendable>: Sendable {
    package let description: ParameterDescription
    /// Completes "NAME must be …".
    private let expectation: String
    private let read: @Sendable (String) -> Value?

    /// - Parameters:
    ///   - expectation: completes "NAME must be …".
    ///   - read: returns nil for an invalid value.
    package init(
        _ name: String, _ schema: JSONSchema, _ text: String, expectation: String, read: @escaping @Sendable (String) -> Value?
    ) {
        description = ParameterDescription(name, in: .query, schema, text)
        self.expectation = expectation
        self.read = read
    }

    /// The value in a query; nil if it is missing. An empty value counts as missing, because forms send fields that were not filled in as
    /// empty.
    ///
    /// - Throws: `invalid_value` with the parameter's name; for any text with U+0000, which databases refuse.
    package func value(in query: QueryParameters) throws(PixelFlowError) -> Value? {
        guard let text = query.nonEmpty(description.name) else { return nil }
        guard !text.utf8.contains(0) else {
            throw PixelFlowError.invalid(description.name, "\(description.name) must not contain U+0000.")
        }
        guard let value = read(text) else {
            throw PixelFlowError.invalid(description.name, "\(description.name) must be \(expectation).")
        }
        return value
    }
}

extension QueryParameter where Value == Int {
    package static func integer(_ name: String, _ range: ClosedRange<Int>, default value: Int, _ text: String) -> Self {
        Self(
            name, JSONSchema.integer(range).with("default", .integer(value)), text,
            expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }
}

extension QueryParameter where Value == String {
    /// - Parameter maximumBytes: the maximum length in UTF-8.
    package static func text(_ name: String, maximumBytes: Int, _ text: String) -> Self {
        Self(
            name, .string(length: 0...maximumBytes), text, expectation: "at most \(maximumBytes) bytes long"
        ) { $0.utf8.count <= maximumBytes ? $0 : nil }
    }
}
