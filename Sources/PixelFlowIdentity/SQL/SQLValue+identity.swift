import PixelFlowCore

extension SQLValue {
    static func id(_ id: some Identifier) -> SQLValue { .text(id.rawValue) }
    static func time(_ time: Timestamp) -> SQLValue { .integer(time.microseconds) }
    static func time(_ time: Timestamp?) -> SQLValue { .integer(time?.microseconds ?? 0) }
    static func number(_ number: Int) -> SQLValue { .integer(Int64(number)) }
}

extension SQLRow {
    func time(_ column: Int) -> Timestamp { Timestamp(microseconds: integer(column)) }

    func optionalTime(_ column: Int) -> Timestamp? { integer(column) == 0 ? nil : time(column) }

    func optionalText(_ column: Int) -> String? {
        let text = text(column)
        return text.isEmpty ? nil : text
    }
}
