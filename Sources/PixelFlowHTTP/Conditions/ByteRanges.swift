package import HTTPTypes
package import Hummingbird

/// Evaluates `Range` and `If-Range` of a `GET`: RFC 9110, sections 13.1.5 and 14.
package enum ByteRanges {
    /// What is to be sent.
    package enum Selection: Sendable, Hashable {
        /// Everything: no range, another unit, one that is malformed, several at once, or one of another version.
        case whole
        /// These bytes; never empty.
        case part(Range<Int>)
        /// Nothing: each range lies beyond the end.
        case unsatisfiable
    }

    /// - Parameters:
    ///   - size: of the representation, in bytes.
    ///   - tag: of the representation.
    package static func select(_ request: Request, size: Int, tag: EntityTag) -> Selection {
        select(request.headers, method: request.method, size: size, tag: tag)
    }

    static func select(_ headers: HTTPFields, method: HTTPRequest.Method, size: Int, tag: EntityTag) -> Selection {
        // Only for GET is there anything that a range means.
        guard method == .get, let header = headers[.range], let specifiers = specifiers(header) else { return .whole }
        // A date is none of ours, and so is never the one that is meant.
        if let known = headers[.ifRange], EntityTag(parsing: known.trimmingOptionalWhitespace())?.matchesStrongly(tag) != true {
            return .whole
        }
        let ranges = specifiers.compactMap { $0.range(in: size) }
        guard let first = ranges.first else { return .unsatisfiable }
        return ranges.count == 1 ? .part(first) : .whole
    }

    private enum Specifier {
        /// Both inclusive; numbers too large for an `Int` are its largest.
        case from(Int, to: Int?)
        case last(Int)

        /// Nil if no byte of the representation is meant.
        func range(in size: Int) -> Range<Int>? {
            switch self {
            case .from(let first, let last):
                // Compared before one is added, for a client may send the largest integer there is.
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
        // Empty elements of a list count for nothing: section 5.6.1.2.
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
