extension JSONValue {
    /// JSON text with sorted keys, so that the same object is the same text each time.
    /// - Parameter pretty: Indented by four spaces, as kubectl prints it; else on one line.
    public func text(pretty: Bool = false) -> String {
        var writer = JSONWriter(pretty: pretty)
        writer.write(self, indentation: 0)
        return writer.text
    }
}

private struct JSONWriter {
    let pretty: Bool
    var text = ""

    init(pretty: Bool) {
        self.pretty = pretty
    }

    mutating func write(_ value: JSONValue, indentation: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += String(value)
        case .string(let value): write(string: value)
        case .array(let elements):
            writeList("[", "]", elements, indentation) { writer, element, inner in writer.write(element, indentation: inner) }
        case .object(let fields):
            writeList("{", "}", fields.sorted { $0.key < $1.key }, indentation) { writer, field, inner in
                writer.write(string: field.key)
                writer.text += writer.pretty ? ": " : ":"
                writer.write(field.value, indentation: inner)
            }
        }
    }

    private mutating func writeList<Element>(
        _ open: String, _ close: String, _ elements: [Element], _ indentation: Int, write: (inout JSONWriter, Element, Int) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            startLine(indentation + 1)
            write(&self, element, indentation + 1)
        }
        if !elements.isEmpty { startLine(indentation) }
        text += close
    }

    private mutating func startLine(_ indentation: Int) {
        guard pretty else { return }
        text += "\n"
        text += String(repeating: "    ", count: indentation)
    }

    private mutating func write(string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}": text += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
