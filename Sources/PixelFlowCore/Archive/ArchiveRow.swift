import Foundation
package import WireFormats

/// One row of a table or one document of a collection, in the format of its store.
package struct ArchiveRow: Sendable, Hashable {
    /// Rows per page.
    package static let page = 200

    package let table: String
    package let values: [ArchiveValue]

    package init(table: String, values: [ArchiveValue]) {
        self.table = table
        self.values = values
    }
}

/// The value of a column.
package enum ArchiveValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

extension ArchiveValue {
    /// The numbers that a store writes: its largest ones are times. Larger ones would overflow when something is added to them.
    package static let numbers = -Timestamp.distantFuture.microseconds...Timestamp.distantFuture.microseconds

    /// What the value is, for a person.
    package var kind: String {
        switch self {
        case .null: "null"
        case .integer: "a whole number"
        case .text: "a text"
        case .bytes: "bytes"
        }
    }

    /// Checks a number of a row, or of its document.
    ///
    /// - Parameter location: the table and the column.
    /// - Throws: `archive_row_invalid`.
    package static func requireNumber(_ number: Int64, in location: String) throws(PixelFlowError) {
        guard !numbers.contains(number) else { return }
        throw .archiveRowInvalid("A number in \(location) is out of range.")
    }

    /// Checks the numbers of a JSON document. Other documents are not checked, because no value is read from them.
    ///
    /// - Throws: `archive_row_invalid`.
    package static func requireNumbers(ofDocument bytes: [UInt8], in location: String) throws(PixelFlowError) {
        guard let document = try? JSONValue(parsing: bytes) else { return }
        try requireNumbers(document, in: location)
    }

    private static func requireNumbers(_ value: JSONValue, in location: String) throws(PixelFlowError) {
        switch value {
        case .null, .bool, .string: break
        case .integer(let number): try requireNumber(Int64(number), in: location)
        // Fractions are far from the bounds, which a double represents closely enough.
        case .number(let number): try requireNumber(Int64(exactly: number.rounded()) ?? .max, in: location)
        case .array(let values): for value in values { try requireNumbers(value, in: location) }
        case .object(let fields): for value in fields.values { try requireNumbers(value, in: location) }
        }
    }
}

extension ArchiveRow {
    /// The row as a line of a backup: `{"table":"users","values":["a",1,null,{"base64":"AA=="}]}`.
    package var json: JSONValue { ["table": .string(table), "values": .array(values.map(\.json))] }

    /// Nil if the JSON is not a row.
    package init?(_ json: JSONValue) {
        guard let table = json["table"]?.stringValue, let values = json["values"]?.arrayValue else { return nil }
        let read = values.compactMap(ArchiveValue.init)
        guard read.count == values.count else { return nil }
        self.init(table: table, values: read)
    }
}

extension ArchiveValue {
    fileprivate var json: JSONValue {
        switch self {
        case .null: .null
        case .integer(let number): .integer(Int(number))
        case .text(let text): .string(text)
        case .bytes(let bytes): ["base64": .string(Data(bytes).base64EncodedString())]
        }
    }

    fileprivate init?(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .integer(let number): self = .integer(Int64(number))
        case .string(let text): self = .text(text)
        case .object(let fields):
            guard let text = fields["base64"]?.stringValue, let data = Data(base64Encoded: text) else { return nil }
            self = .bytes(Array(data))
        default: return nil
        }
    }
}
