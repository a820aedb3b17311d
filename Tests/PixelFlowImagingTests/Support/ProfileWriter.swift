import Foundation

@testable import PixelFlowImaging

/// Writes ICC profiles.
struct ProfileWriter {
    enum Curve {
        case gamma(Double)
        case standardTable(Int)
        case standardParametric

        var tag: Data {
            switch self {
            case .gamma(let gamma): Self.head("curv") + word(1) + half(Int((gamma * 256).rounded())) + Data(count: 2)
            case .standardTable(let count):
                Self.table((0..<count).map { Self.standard(Double($0) / Double(count - 1)) })
            case .standardParametric:
                Self.parametric([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])
            }
        }

        private static func head(_ type: String) -> Data { Data(type.utf8) + Data(count: 4) }

        private static func table(_ values: [Double]) -> Data {
            values.reduce(head("curv") + word(values.count)) { $0 + half(Int(($1 * 65535).rounded())) }
        }

        private static func parametric(_ values: [Double]) -> Data {
            values.reduce(head("para") + half(3) + Data(count: 2)) { $0 + fixed($1) }
        }

        private static func standard(_ value: Double) -> Double {
            value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
    }

    static let standardPrimaries = [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]
    static let wide = [[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]]

    var space = "RGB "
    var version = 4
    var name = "made for a test"
    var curve = Curve.standardParametric
    var primaries = ProfileWriter.standardPrimaries

    var data: Data {
        var tags: [(String, Data)] = [("desc", text(name)), ("wtpt", Self.xyz([0.9642, 1, 0.8249]))]
        if space == "GRAY" {
            tags.append(("kTRC", curve.tag))
        } else {
            for (letter, values) in zip("rgb", primaries) {
                tags.append(("\(letter)XYZ", Self.xyz(values)))
                tags.append(("\(letter)TRC", curve.tag))
            }
        }
        var table = word(tags.count)
        var body = Data()
        for (name, value) in tags {
            table += Data(name.utf8) + word(132 + tags.count * 12 + body.count)
            table += word(value.count)
            body += value + Data(count: (4 - value.count % 4) % 4)
        }
        var header = Data(count: 128)
        header.replace(at: 0, word(128 + table.count + body.count))
        header.replace(at: 8, Data([UInt8(version), 0, 0, 0]))
        for (offset, text) in [(12, "mntr"), (16, space), (20, "XYZ "), (36, "acsp")] { header.replace(at: offset, Data(text.utf8)) }
        header.replace(at: 68, fixed(0.9642) + fixed(1) + fixed(0.8249))
        return header + table + body
    }

    private func text(_ value: String) -> Data {
        var tag = Data((version < 4 ? "desc" : "mluc").utf8) + Data(count: 4)
        if version < 4 {
            tag += word(value.utf8.count + 1)
            return tag + Data(value.utf8) + Data(count: 79)
        }
        let utf16 = value.utf16.reduce(Data()) { $0 + half(Int($1)) }
        tag += word(1) + word(12) + Data("enUS".utf8)
        tag += word(utf16.count) + word(28)
        return tag + utf16
    }

    private static func xyz(_ values: [Double]) -> Data { values.reduce(Data("XYZ ".utf8) + Data(count: 4)) { $0 + fixed($1) } }
}

private func word(_ value: Int) -> Data { withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Data($0) } }
private func half(_ value: Int) -> Data { withUnsafeBytes(of: UInt16(truncatingIfNeeded: value).bigEndian) { Data($0) } }
private func fixed(_ value: Double) -> Data { word(Int((value * 65536).rounded())) }

extension Data {
    mutating func replace(at offset: Int, _ bytes: Data) { replaceSubrange(offset..<offset + bytes.count, with: bytes) }
}
