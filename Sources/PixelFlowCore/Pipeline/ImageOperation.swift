import WireFormats

/// One step between decoding and encoding. Steps run in the given order.
package struct ImageOperation: Sendable {
    package let parameters: any OperationParameters

    package init(_ parameters: some OperationParameters) { self.parameters = parameters }

    /// All operations, in the order of documentation and menus.
    package static let all: [any OperationParameters.Type] = [
        Resize.self, Crop.self, Rotate.self, Flip.self, Flop.self, Blur.self, Median.self, Sharpen.self, Grayscale.self, Modulate.self,
        Gamma.self, Negate.self, Tint.self, Flatten.self, Pad.self, Trim.self, Round.self, Watermark.self,
    ]

    /// The value of `op` in JSON.
    package var name: String { type(of: parameters).name }

    private static let types = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension ImageOperation: Hashable {
    package static func == (left: Self, right: Self) -> Bool { AnyHashable(left.parameters) == AnyHashable(right.parameters) }

    package func hash(into hasher: inout Hasher) { parameters.hash(into: &hasher) }
}

extension ImageOperation {
    init(_ value: JSONValue, path: String) throws {
        var fields = try FieldReader(value, path: path)
        guard case .string(let name) = try fields.required("op") else { throw fields.wrong("op", "the name of an operation") }
        guard let type = Self.types[name] else {
            let known = Self.all.map { $0.name }.joined(separator: ", ")
            throw PixelFlowError.invalid(
                fields.path(of: "op"), "Unknown operation; the operations are \(known).", code: "unknown_operation")
        }
        self = try type.operation(&fields)
        try fields.finish()
    }

    var json: JSONValue { .object(parameters.members.merging(["op": .string(name)]) { $1 }) }
}
