package import PixelFlowCore
package import WireFormats

extension NetworkRange {
    /// Reads the value of a setting: blocks with commas or blanks between them, an empty text for none.
    ///
    /// - Throws: `PixelFlowError` `setting_invalid` that names `setting` and the first bad entry.
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
