extension JSONValue {
    /// JSON text with sorted keys, so that equal objects have equal texts.
    /// - Parameter pretty: Whether to indent by four spaces, as kubectl does, instead of writing one line.
    public func text(pretty: Bool = false) -> String {
        var writer = JSONWriter(pretty: pretty)
        writer.write(self, indentation: 0)
        return String(decoding: writer.text, as: UTF8.self)
    }
}

private struct JSONWriter {
    let pretty: Bool
    /// In UTF-8.
    var text: [UInt8] = []

    init(pretty: Bool) {
        self.pretty = pretty
    }

    mutating func write(_ value: JSONValue, indentation: Int) {
        switch value {
        case .null: text += "null".utf8
        case .bool(let value): text += (value ? "true" : "false").utf8
        case .integer(let value): text += String(value).utf8
        case .number(let value): text += String(value).utf8
        case .string(let value): JSONText.append(value, to: &text)
        case .array(let elements):
            writeList("[", "]", elements, indentation) { writer, element, inner in writer.write(element, indentation: inner) }
        case .object(let fields):
            writeList("{", "}", fields.sorted { $0.key < $1.key }, indentation) { writer, field, inner in
                JSONText.append(field.key, to: &writer.text)
                writer.text += (writer.pretty ? ": " : ":").utf8
                writer.write(field.value, indentation: inner)
            }
        }
    }

    private mutating func writeList<Element>(
        _ open: String, _ close: String, _ elements: [Element], _ indentation: Int, write: (inout JSONWriter, Element, Int) -> Void
    ) {
        text += open.utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            startLine(indentation + 1)
            write(&self, element, indentation + 1)
        }
        if !elements.isEmpty { startLine(indentation) }
        text += close.utf8
    }

    private mutating func startLine(_ indentation: Int) {
        guard pretty else { return }
        text.append(UInt8(ascii: "\n"))
        text += repeatElement(UInt8(ascii: " "), count: 4 * indentation)
    }
}
