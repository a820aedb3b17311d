package import PixelFlowCore
package import WireFormats

extension NetworkRange {
    /// Parses the value of a setting: blocks separated by commas or spaces; empty for none.
    ///
    /// - Throws: `setting_invalid`, which names `setting` and the first invalid entry.
    package static func list(_ text: String, setting: String = "PIXELFLOW_FETCH_ALLOW_NETWORKS") throws(PixelFlowError) -> [NetworkRange] {
        var ranges: [NetworkRange] = []
        for entry in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let range = NetworkRange(entry) else {
                throw .invalid(
                    setting,
                    "\(setting): \"\(entry)\" is not a network in CIDR notation, such as 10.0.0.0/8 or "
                        + "fd00::/8.", code: "setting_invalid")
            }
            ranges.append(range)
        }
        return ranges
    }
}
