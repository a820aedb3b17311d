package import HTTPTypes
package import Hummingbird

/// Evaluates `Range` and `If-Range` of a `GET`: RFC 9110, sections 13.1.5 and 14.
package enum ByteRanges {
    /// The part of the representation to send.
    package enum Selection: Sendable, Hashable {
        /// The complete representation: there is no range, it has another unit, is malformed, belongs to another version, or there are
        /// several.
        case full
        /// These bytes; never empty.
        case part(Range<Int>)
        /// None: each range lies beyond the end.
        case unsatisfiable
    }

    /// - Parameters:
    ///   - size: the size of the representation in bytes.
    ///   - tag: the entity tag of the representation.
    package static func select(_ request: Request, size: Int, tag: EntityTag) -> Selection {
        select(request.headers, method: request.method, size: size, tag: tag)
    }

    static func select(_ headers: HTTPFields, method: HTTPRequest.Method, size: Int, tag: EntityTag) -> Selection {
        // Ranges are defined only for GET.
        guard method == .get, let header = headers[.range], let specifiers = specifiers(header) else { return .full }
        // PixelFlow sends no dates, so a date never matches.
        if let known = headers[.ifRange], EntityTag(parsing: known.trimmingOptionalWhitespace())?.matchesStrongly(tag) != true {
            return .full
        }
        let ranges = specifiers.compactMap { $0.range(in: size) }
        guard let first = ranges.first else { return .unsatisfiable }
        return ranges.count == 1 ? .part(first) : .full
    }

    private enum Specifier {
        /// Both bounds are inclusive; numbers that exceed an `Int` become its maximum.
        case from(Int, to: Int?)
        case last(Int)

        /// Nil if the range contains no byte of the representation.
        func range(in size: Int) -> Range<Int>? {
            switch self {
            case .from(let first, let last):
                // Compare before adding one, because a client may send the largest integer.
                first < size ? first..<min(size - 1, last ?? size - 1) + 1 : nil
            case .last(let count): count > 0 && size > 0 ? max(0, size - count)..<size : nil
            }
        }
    }

    /// Nil for another unit or a malformed value.
    private static func specifiers(_ header: String) -> [Specifier]? {
        let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].trimmingOptionalWhitespace().lowercased() == "bytes" else { return nil }
        var found: [Specifier] = []
        // Ignore empty list elements: section 5.6.1.2.
        for text in parts[1].split(separator: ",").map({ $0.trimmingOptionalWhitespace() }) where !text.isEmpty {
            guard let specifier = specifier(text) else { return nil }
            found.append(specifier)
        }
        return found.isEmpty ? nil : found
    }

    private static func specifier(_ text: Substring) -> Specifier? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        switch (number(parts[0]), number(parts[1])) {
        case (nil, let count?): return parts[0].isEmpty ? .last(count) : nil
        case (let first?, nil): return parts[1].isEmpty ? .from(first, to: nil) : nil
        case (let first?, let last?): return last < first ? nil : .from(first, to: last)
        case (nil, nil): return nil
        }
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(text) ?? .max
    }
}
