package import PixelFlowCore

/// The ports from which sources may be fetched: 80 and 443, unless the operator sets others. Servers on other ports are rarely meant for
/// the public.
package struct AllowedPorts: Sendable, Hashable {
    private let ranges: [ClosedRange<Int>]

    /// 80 and 443.
    package static let standard = AllowedPorts([80...80, 443...443])
    /// 80, 443 and the unprivileged ports, but not those of mail and other old protocols, which could misinterpret an HTTP request.
    package static let webhooks = AllowedPorts([80...80, 443...443, 1024...65535])
    /// Every port.
    package static let all = AllowedPorts([1...65535])

    package init(_ ranges: [ClosedRange<Int>]) { self.ranges = ranges }

    /// Parses ports and ranges of ports, such as `80,443,8000-8999`. Nil if the text is empty or invalid.
    package init?(_ text: String) {
        var ranges: [ClosedRange<Int>] = []
        for entry in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let ends = entry.split(separator: "-", omittingEmptySubsequences: false).map(Self.port)
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else { return nil }
            ranges.append(first...last)
        }
        guard !ranges.isEmpty else { return nil }
        self.init(ranges)
    }

    package func contains(_ port: Int) -> Bool { ranges.contains { $0.contains(port) } }

    private static func port(_ text: Substring) -> Int? {
        guard let number = Int(text), String(number) == text, (1...65535).contains(number) else { return nil }
        return number
    }
}

extension AllowedPorts: CustomStringConvertible {
    /// As in the setting.
    package var description: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
    }
}

extension AllowedPorts {
    static let setting = Setting<AllowedPorts>(
        "PIXELFLOW_FETCH_ALLOW_PORTS", default: "80,443", expected: "a list of ports and ranges of ports such as 80,443,8000-8999",
        help: "Ports from which sources may be fetched, as a list of ports and ranges.", parse: AllowedPorts.init)

    package static let descriptions: [SettingDescription] = [setting.description]

    /// - Throws: `setting_invalid`, with the name of the setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) { self = try settings[Self.setting] }
}
