import PixelFlowCore

/// The `Range` header of RFC 9110, section 14.2, as far as one range goes.
enum ByteRange {
    /// The bytes that are asked for, nil where the whole object is to be sent: no header, another
    /// unit, several ranges, or one that is not well-formed.
    ///
    /// - Throws: `range_not_satisfiable` where the range lies beyond the object.
    static func parse(_ header: String?, size: Int) throws(PixelFlowError) -> Range<Int>? {
        guard let header, let bounds = bounds(header) else { return nil }
        switch bounds {
        case (nil, let suffix?):
            guard suffix > 0, size > 0 else { throw notSatisfiable(size) }
            return max(0, size - suffix)..<size
        case (let first?, let last):
            guard first < size else { throw notSatisfiable(size) }
            if let last, last < first { return nil }
            // Compared before one is added, for a client may send the largest integer there is.
            return first..<min(size - 1, last ?? size - 1) + 1
        case (nil, nil):
            return nil
        }
    }

    /// First and last byte as they are written; a suffix length stands alone in second place.
    private static func bounds(_ header: String) -> (Int?, Int?)? {
        guard header.hasPrefix("bytes=") else { return nil }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let numbers = parts.map { part in part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil }
        for (part, number) in zip(parts, numbers) where number == nil && !part.isEmpty { return nil }
        return (numbers[0], numbers[1])
    }

    private static func notSatisfiable(_ size: Int) -> PixelFlowError {
        PixelFlowError(.rangeNotSatisfiable, code: "range_not_satisfiable", "The object has \(size) bytes.")
    }
}
