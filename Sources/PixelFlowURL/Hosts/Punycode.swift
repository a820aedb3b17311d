/// Punycode (RFC 3492): encodes the non-ASCII letters of a host name in ASCII.
enum Punycode {
    private static let base = 36
    private static let smallestThreshold = 1
    private static let largestThreshold = 26
    private static let skew = 38
    private static let damping = 700
    private static let firstBias = 72
    private static let firstScalar = 0x80

    /// Encodes a label, without the prefix `xn--`. Nil if an integer would overflow.
    static func encode(_ label: [Unicode.Scalar]) -> String? {
        var output = label.filter(\.isASCII).map { Character($0) }
        let basic = output.count
        var handled = basic
        if basic > 0 { output.append("-") }
        var next = firstScalar
        var delta = 0
        var bias = firstBias
        while handled < label.count {
            guard let smallest = label.lazy.map({ Int($0.value) }).filter({ $0 >= next }).min() else { return nil }
            let (growth, overflow) = (smallest - next).multipliedReportingOverflow(by: handled + 1)
            guard !overflow, delta <= Int(Int32.max) - growth else { return nil }
            delta += growth
            next = smallest
            for scalar in label {
                if scalar.value < next { delta += 1 }
                guard scalar.value == next else { continue }
                output += digits(of: delta, bias: bias)
                bias = adapted(delta, count: handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            next += 1
        }
        return String(output)
    }

    /// Decodes the part after `xn--`. Nil if it is not a valid encoding.
    static func decode(_ text: Substring) -> [Unicode.Scalar]? {
        var output: [Unicode.Scalar] = []
        var rest = text.unicodeScalars[...]
        if let hyphen = text.unicodeScalars.lastIndex(of: "-") {
            output = Array(text.unicodeScalars[..<hyphen])
            rest = text.unicodeScalars[text.unicodeScalars.index(after: hyphen)...]
        }
        guard output.allSatisfy(\.isASCII) else { return nil }
        var next = firstScalar
        var position = 0
        var bias = firstBias
        while !rest.isEmpty {
            let before = position
            guard let delta = number(from: &rest, bias: bias), delta <= Int(Int32.max) - position else { return nil }
            position += delta
            let count = output.count + 1
            bias = adapted(position - before, count: count, isFirst: before == 0)
            next += position / count
            position %= count
            guard next <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(next)) else { return nil }
            output.insert(scalar, at: position)
            position += 1
        }
        return output
    }

    private static func digits(of delta: Int, bias: Int) -> [Character] {
        var digits: [Character] = []
        var rest = delta
        var weight = base
        while true {
            let threshold = threshold(at: weight, bias: bias)
            guard rest >= threshold else { break }
            digits.append(digit(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            weight += base
        }
        return digits + [digit(rest)]
    }

    private static func number(from text: inout Substring.UnicodeScalarView, bias: Int) -> Int? {
        var number = 0
        var factor = 1
        var weight = base
        while true {
            guard let digit = text.popFirst().flatMap(value) else { return nil }
            let (part, isTooLarge) = digit.multipliedReportingOverflow(by: factor)
            guard !isTooLarge, number <= Int(Int32.max) - part else { return nil }
            number += part
            let threshold = threshold(at: weight, bias: bias)
            if digit < threshold { return number }
            guard factor <= Int(Int32.max) / (base - threshold) else { return nil }
            factor *= base - threshold
            weight += base
        }
    }

    private static func threshold(at weight: Int, bias: Int) -> Int {
        min(max(weight - bias, smallestThreshold), largestThreshold)
    }

    private static func adapted(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damping : delta / 2
        delta += delta / count
        var weight = 0
        while delta > (base - smallestThreshold) * largestThreshold / 2 {
            delta /= base - smallestThreshold
            weight += base
        }
        return weight + (base - smallestThreshold + 1) * delta / (delta + skew)
    }

    private static func digit(_ value: Int) -> Character {
        Character(Unicode.Scalar(UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30)))
    }

    private static func value(_ digit: Unicode.Scalar) -> Int? {
        switch digit {
        case "a"..."z": Int(digit.value) - 0x61
        case "A"..."Z": Int(digit.value) - 0x41
        case "0"..."9": Int(digit.value) - 0x30 + 26
        default: nil
        }
    }
}
